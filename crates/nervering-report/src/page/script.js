// What a reader can turn and zoom: a viewer of recordings, manifolds, and graphs with a threshold.
// Every text goes in as text, never as markup. Without this script the page is still whole.
(function () {
  "use strict";
  const data = JSON.parse(document.getElementById("data").textContent);
  const MISSING = 255;
  const SVG = "http://www.w3.org/2000/svg";

  // Elements.

  function make(name, attributes, ...content) {
    const element = document.createElement(name);
    for (const key in attributes) element.setAttribute(key, attributes[key]);
    element.append(...content);
    return element;
  }

  function draw(name, attributes) {
    const element = document.createElementNS(SVG, name);
    for (const key in attributes) element.setAttribute(key, attributes[key]);
    return element;
  }

  function button(text, action) {
    const element = make("button", { type: "button" }, text);
    element.addEventListener("click", action);
    return element;
  }

  function select(label, names, action) {
    const element = make("select", {});
    names.forEach(function (name, at) { element.append(make("option", { value: at }, name)); });
    element.addEventListener("change", function () { action(Number(element.value)); });
    return make("label", {}, label + " ", element);
  }

  function check(text, checked, action) {
    const element = make("input", { type: "checkbox" });
    element.checked = checked;
    element.addEventListener("change", function () { action(element.checked); });
    return make("label", {}, element, text);
  }

  function legend(states) {
    const used = new Set(states.frames);
    const list = make("ul", { class: "legend" });
    const entries = states.names.map(function (name, at) { return [name, states.colours[at], at]; });
    entries.push(["unknown", "#b8b8b8", MISSING]);
    for (const [name, colour, at] of entries) {
      if (!used.has(at)) continue;
      const swatch = draw("svg", { viewBox: "0 0 8 8", "aria-hidden": "true" });
      swatch.append(draw("rect", { width: 8, height: 8, fill: colour }));
      list.append(make("li", {}, swatch, name));
    }
    return list;
  }

  // Data.

  function bytes(text) {
    return Uint8Array.from(atob(text), function (c) { return c.charCodeAt(0); });
  }

  function decoded(states) {
    return { names: states.names, colours: states.colours, frames: bytes(states.frames) };
  }

  function colour(states, frame) {
    return states.colours[states.frames[frame]] || "#b8b8b8";
  }

  function stateName(states, frame) {
    const name = states.names[states.frames[frame]];
    return name === undefined ? "unknown" : name;
  }

  // Canvases: sharp on every screen, drawn again when the size or the light changes.

  function surface(place, label, height, paint) {
    const canvas = make("canvas", { role: "img", tabindex: "0", "aria-label": label });
    place.append(canvas);
    let waiting = false;
    function redraw() {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(function () {
        waiting = false;
        const width = canvas.clientWidth;
        if (width === 0) return;
        const tall = typeof height === "function" ? height(width) : height;
        const dense = window.devicePixelRatio || 1;
        canvas.style.height = tall + "px";
        canvas.width = Math.round(width * dense);
        canvas.height = Math.round(tall * dense);
        const context = canvas.getContext("2d");
        context.scale(dense, dense);
        const style = getComputedStyle(document.documentElement);
        const ink = style.getPropertyValue("--ink"), soft = style.getPropertyValue("--soft");
        context.font = "12px system-ui, sans-serif";
        paint(context, width, tall, { ink: ink, soft: soft });
      });
    }
    new ResizeObserver(redraw).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
    return { canvas: canvas, redraw: redraw };
  }

  // Drags and pinches: moved(dx, dy) in pixels, pinched(factor, x).
  function pointers(canvas, moved, pinched) {
    const down = new Map();
    canvas.addEventListener("pointerdown", function (event) {
      down.set(event.pointerId, event);
      // A pointer that has gone cannot be captured, and need not be.
      try { canvas.setPointerCapture(event.pointerId); } catch (_) { return; }
    });
    canvas.addEventListener("pointermove", function (event) {
      const before = down.get(event.pointerId);
      if (!before) return;
      if (down.size === 1) {
        moved(event.clientX - before.clientX, event.clientY - before.clientY);
      } else if (pinched) {
        const other = [...down.values()].find(function (p) { return p.pointerId !== event.pointerId; });
        const was = Math.abs(before.clientX - other.clientX), is = Math.abs(event.clientX - other.clientX);
        const middle = (event.clientX + other.clientX) / 2 - canvas.getBoundingClientRect().left;
        if (was > 8 && is > 8) pinched(was / is, middle);
      }
      down.set(event.pointerId, event);
    });
    for (const end of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(end, function (event) { down.delete(event.pointerId); });
    }
  }

  // Recordings.

  function viewer(place) {
    const LEFT = 76, RIBBON = 14, ROW = 44, TICKS = 22, RIGHT = 8;
    let recording, from, to, picked, frameAt = 0;
    const controls = make("div", { class: "controls" });
    const legends = make("div", {});
    const readout = make("p", { class: "readout" });
    const range = make("p", { class: "readout", role: "status" });
    const filter = make("input", { type: "search", "aria-label": "Filter neurons by name", placeholder: "filter" });
    const list = make("fieldset", { class: "neurons", tabindex: "0" });
    const picker = make("details", {}, make("summary", {}, "Pick neurons"), filter, list);

    function ribbons() {
      return [{ name: "labelled", states: recording.states }].concat(
        recording.predictions.map(function (p) { return { name: p.model, states: p.states }; }));
    }

    const screen = surface(place, "Traces and behaviour over time; arrow keys move, plus and minus zoom, 0 shows all",
      function () { return ribbons().length * (RIBBON + 4) + picked.length * ROW + TICKS + 8; }, paint);

    function open(at) {
      const source = data.recordings[at];
      recording = {
        animal: source.animal, neurons: source.neurons, low: source.low, high: source.high,
        seconds: new Float32Array(bytes(source.seconds).buffer), values: bytes(source.values),
        states: decoded(source.states),
        predictions: source.predictions.map(function (p) {
          return { model: p.model, trained: p.trained_on, states: decoded(p.states) };
        }),
      };
      picked = recording.neurons.map(function (_, k) { return k; }).slice(0, 5);
      legends.replaceChildren(legend(recording.states), ...predicted());
      listNeurons();
      whole();
    }

    // What the ribbons of models are, and their colours.
    function predicted() {
      if (recording.predictions.length === 0) return [];
      const states = recording.predictions[0].states;
      const frames = recording.predictions.flatMap(function (p) { return Array.from(new Set(p.states.frames)); });
      const trained = recording.predictions.map(function (p) { return p.model + " trained on " + p.trained; });
      const text = "Predicted by " + trained.join("; ") + ":";
      return [make("p", { class: "notes" }, text), legend({ names: states.names, colours: states.colours, frames: frames })];
    }

    function listNeurons() {
      const wanted = filter.value.trim().toLowerCase();
      list.replaceChildren(make("legend", {}, "Neurons of " + recording.animal));
      recording.neurons.forEach(function (name, k) {
        if (!name.toLowerCase().includes(wanted)) return;
        list.append(check(name, picked.includes(k), function (on) {
          picked = on ? picked.concat(k) : picked.filter(function (other) { return other !== k; });
          picked.sort(function (a, b) { return a - b; });
          screen.redraw();
        }));
      });
    }
    filter.addEventListener("input", listNeurons);

    function n() { return recording.seconds.length; }
    function whole() { show(0, n()); }
    // Frames from `a` to `b`, moved into the recording; at least ten.
    function show(a, b) {
      const length = Math.min(Math.max(b - a, 10), n());
      from = Math.min(Math.max(a, 0), n() - length);
      to = from + length;
      const seconds = recording.seconds;
      range.textContent = recording.animal + ": " + seconds[Math.floor(from)].toFixed(1) + " to " +
        seconds[Math.min(Math.ceil(to), n() - 1)].toFixed(1) + " s";
      screen.redraw();
    }
    function zoom(factor, part) {
      const at = from + part * (to - from);
      show(at - (at - from) * factor, at + (to - at) * factor);
    }
    function pan(part) { show(from + part * (to - from), to + part * (to - from)); }

    function paint(context, width, height, theme) {
      const inner = width - LEFT - RIGHT;
      const x = function (frame) { return LEFT + (frame - from) / (to - from) * inner; };
      const first = Math.max(0, Math.floor(from)), last = Math.min(n(), Math.ceil(to) + 1);
      let y = 2;
      context.textBaseline = "middle";
      for (const ribbon of ribbons()) {
        let begin = first;
        for (let t = first + 1; t <= last; t += 1) {
          if (t < last && ribbon.states.frames[t] === ribbon.states.frames[begin]) continue;
          const left = Math.max(x(begin), LEFT), right = Math.min(x(t), LEFT + inner);
          context.fillStyle = colour(ribbon.states, begin);
          context.fillRect(left, y, Math.max(right - left, 0.5), RIBBON);
          begin = t;
        }
        context.fillStyle = theme.ink;
        context.textAlign = "left";
        context.fillText(ribbon.name, 2, y + RIBBON / 2, LEFT - 6);
        y += RIBBON + 4;
      }
      context.save();
      context.beginPath();
      context.rect(LEFT, 0, inner, height);
      context.clip();
      context.lineWidth = 1.2;
      context.lineJoin = "round";
      picked.forEach(function (neuron, k) {
        const top = y + k * ROW + 3, scale = (ROW - 6) / 254, row = neuron * n();
        let begin = first;
        while (begin < last) {
          let end = begin + 1;
          while (end < last && recording.states.frames[end] === recording.states.frames[begin]) end += 1;
          context.beginPath();
          let pen = false;
          for (let t = begin; t <= Math.min(end, last - 1); t += 1) {
            const value = recording.values[row + t];
            if (value === MISSING) { pen = false; continue; }
            const at = top + (254 - value) * scale;
            if (pen) context.lineTo(x(t + 0.5), at); else context.moveTo(x(t + 0.5), at);
            pen = true;
          }
          context.strokeStyle = colour(recording.states, begin);
          context.stroke();
          begin = end;
        }
      });
      context.restore();
      context.fillStyle = theme.ink;
      picked.forEach(function (neuron, k) {
        context.fillText(recording.neurons[neuron], 2, y + k * ROW + ROW / 2, LEFT - 6);
      });
      y += picked.length * ROW;
      const span = recording.seconds[Math.min(last, n()) - 1] - recording.seconds[first];
      const step = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600].find(function (s) { return span / s <= inner / 70; }) || 1200;
      context.textAlign = "center";
      context.fillStyle = theme.soft;
      context.strokeStyle = theme.soft;
      let next = Math.ceil(recording.seconds[first] / step) * step;
      for (let t = first; t < last; t += 1) {
        if (recording.seconds[t] < next) continue;
        const at = x(t + 0.5);
        context.beginPath(); context.moveTo(at, y); context.lineTo(at, y + 4); context.stroke();
        if (at < width - 24) context.fillText(next + " s", at, y + 13);
        next += step;
      }
      const at = x(frameAt + 0.5);
      if (at >= LEFT && at <= LEFT + inner) {
        context.beginPath(); context.moveTo(at, 0); context.lineTo(at, y); context.stroke();
      }
    }

    function tell(frame) {
      frameAt = Math.min(Math.max(frame, 0), n() - 1);
      const values = picked.map(function (neuron) {
        const level = recording.values[neuron * n() + frameAt];
        const value = recording.low[neuron] + level / 254 * (recording.high[neuron] - recording.low[neuron]);
        return recording.neurons[neuron] + " " + (level === MISSING ? "–" : value.toFixed(2));
      });
      const states = ribbons().map(function (ribbon) { return ribbon.name + " " + stateName(ribbon.states, frameAt); });
      readout.textContent = recording.seconds[frameAt].toFixed(1) + " s: " + states.concat(values).join(", ");
      screen.redraw();
    }

    const canvas = screen.canvas;
    function part(event) {
      return (event.clientX - canvas.getBoundingClientRect().left - LEFT) / (canvas.clientWidth - LEFT - RIGHT);
    }
    pointers(canvas, function (dx) {
      const frames = -dx / (canvas.clientWidth - LEFT - RIGHT) * (to - from);
      show(from + frames, to + frames);
    }, function (factor, middle) { zoom(factor, (middle - LEFT) / (canvas.clientWidth - LEFT - RIGHT)); });
    canvas.addEventListener("pointermove", function (event) { tell(Math.floor(from + part(event) * (to - from))); });
    canvas.addEventListener("pointerdown", function (event) { tell(Math.floor(from + part(event) * (to - from))); });
    // The wheel scrolls the page, unless the viewer has been chosen or Ctrl is held.
    canvas.addEventListener("wheel", function (event) {
      if (!event.ctrlKey && document.activeElement !== canvas) return;
      event.preventDefault();
      zoom(event.deltaY > 0 ? 1.25 : 0.8, part(event));
    }, { passive: false });
    canvas.addEventListener("keydown", function (event) {
      const actions = {
        ArrowLeft: function () { pan(-0.25); }, ArrowRight: function () { pan(0.25); },
        "+": function () { zoom(0.5, 0.5); }, "=": function () { zoom(0.5, 0.5); },
        "-": function () { zoom(2, 0.5); }, "0": whole,
      };
      if (!actions[event.key] || event.altKey || event.metaKey || event.ctrlKey) return;
      event.preventDefault();
      actions[event.key]();
    });

    controls.append(
      select("Animal", data.recordings.map(function (r) { return r.animal; }), open),
      button("Zoom in", function () { zoom(0.5, 0.5); }),
      button("Zoom out", function () { zoom(2, 0.5); }),
      button("Earlier", function () { pan(-0.5); }),
      button("Later", function () { pan(0.5); }),
      button("Whole recording", whole));
    place.prepend(controls, picker, legends);
    place.append(readout, range);
    open(0);
  }

  // Manifolds.

  function manifold(place, source) {
    let animal, turn, tilt, timer = null;
    const legends = make("div", {});
    const status = make("p", { class: "readout", role: "status" });
    const box = make("div", { class: "square" });
    const screen = surface(box, "Trajectory in three dimensions; drag or use the arrow keys to turn it",
      function (width) { return width; }, paint);

    function open(at) {
      const chosen = source.animals[at];
      animal = { half: chosen.half, points: new Int16Array(bytes(chosen.points).buffer), states: decoded(chosen.states) };
      legends.replaceChildren(legend(animal.states));
      screen.redraw();
    }
    function reset() { turn = source.view[0]; tilt = source.view[1]; tell(); }
    function tell() {
      status.textContent = "seen from " + Math.round(((turn % 360) + 360) % 360) + "° around, " + Math.round(tilt) + "° above";
      screen.redraw();
    }
    function rotate(dx, dy) {
      turn -= dx * 0.5;
      tilt = Math.min(90, Math.max(-90, tilt + dy * 0.5));
      tell();
    }

    function paint(context, width, height, theme) {
      const a = turn * Math.PI / 180, b = tilt * Math.PI / 180;
      const sa = Math.sin(a), ca = Math.cos(a), sb = Math.sin(b), cb = Math.cos(b);
      const unit = (width / 2 - 26) / Math.sqrt(3) * 1.15;
      const project = function (x, y, z) {
        const away = sa * x + ca * y;
        return [width / 2 + unit * (ca * x - sa * y), height / 2 - unit * (cb * z - sb * away), -(cb * away + sb * z)];
      };
      context.strokeStyle = theme.soft;
      context.fillStyle = theme.soft;
      context.textAlign = "center";
      context.textBaseline = "middle";
      const [h0, h1, h2] = animal.half, corner = project(-h0, -h1, -h2);
      [[h0, -h1, -h2], [-h0, h1, -h2], [-h0, -h1, h2]].forEach(function (end, axis) {
        const at = project(end[0], end[1], end[2]);
        context.lineWidth = 1;
        context.beginPath(); context.moveTo(corner[0], corner[1]); context.lineTo(at[0], at[1]); context.stroke();
        const reach = Math.hypot(at[0] - corner[0], at[1] - corner[1]) || 1;
        const x = at[0] + 14 * (at[0] - corner[0]) / reach;
        context.fillText(source.axes[axis], Math.min(Math.max(x, 40), width - 40), at[1] + 12 * (at[1] - corner[1]) / reach);
      });
      const points = animal.points, n = points.length / 3, LENGTH = 12, lines = [];
      for (let begin = 0; begin < n - 1; begin += LENGTH) {
        const line = [];
        let depth = 0;
        for (let t = begin; t <= Math.min(begin + LENGTH, n - 1); t += 1) {
          const at = project(points[3 * t] / 32767, points[3 * t + 1] / 32767, points[3 * t + 2] / 32767);
          depth += at[2];
          line.push(at);
        }
        lines.push([depth / line.length, begin, line]);
      }
      lines.sort(function (p, q) { return p[0] - q[0]; });
      context.lineWidth = 1.2;
      context.lineJoin = "round";
      for (const [, begin, line] of lines) {
        let k = 0;
        while (k < line.length - 1) {
          const state = animal.states.frames[begin + k];
          context.beginPath();
          context.moveTo(line[k][0], line[k][1]);
          context.strokeStyle = colour(animal.states, begin + k);
          do {
            k += 1;
            context.lineTo(line[k][0], line[k][1]);
          } while (k < line.length - 1 && animal.states.frames[begin + k] === state);
          context.stroke();
        }
      }
    }

    pointers(screen.canvas, rotate, null);
    screen.canvas.style.touchAction = "none";
    screen.canvas.addEventListener("keydown", function (event) {
      const turns = { ArrowLeft: [-10, 0], ArrowRight: [10, 0], ArrowUp: [0, -10], ArrowDown: [0, 10] }[event.key];
      if (!turns) return;
      event.preventDefault();
      rotate(turns[0], turns[1]);
    });
    const spin = button("Rotate", function () {
      if (timer) { clearInterval(timer); timer = null; spin.textContent = "Rotate"; return; }
      timer = setInterval(function () { turn += 1; screen.redraw(); }, 40);
      spin.textContent = "Stop";
    });
    const controls = make("div", { class: "controls" });
    if (source.animals.length > 1) {
      controls.append(select("Animal", source.animals.map(function (r) { return r.animal; }), open));
    }
    controls.append(spin, button("Reset view", reset));
    place.append(controls, legends, box, status);
    reset();
    open(0);
  }

  // Graphs.

  function graph(place, source) {
    const SIZE = 420, RADIUS = 150, n = source.neurons.length;
    let threshold = source.threshold, anatomy = false;
    const output = make("output", {});
    const box = make("div", { class: "square" });
    const slider = make("input", { type: "range", min: 0, max: 1, step: 0.01 });
    slider.value = threshold;

    function place_of(node, radius) {
      const angle = 2 * Math.PI * node / Math.max(n, 1);
      return [SIZE / 2 + radius * Math.sin(angle), SIZE / 2 - radius * Math.cos(angle)];
    }
    function link(picture, sender, receiver, attributes) {
      const a = place_of(sender, RADIUS), b = place_of(receiver, RADIUS);
      const dx = b[0] - a[0], dy = b[1] - a[1];
      const cx = (a[0] + b[0]) / 2 - 0.12 * dy, cy = (a[1] + b[1]) / 2 + 0.12 * dx;
      attributes.d = "M" + a.join(" ") + "Q" + [cx, cy].join(" ") + " " + b.join(" ");
      attributes.fill = "none";
      const path = draw("path", attributes);
      picture.append(path);
      return path;
    }
    function named(path, text) {
      const title = draw("title", {});
      title.textContent = text;
      path.append(title);
    }

    function show() {
      const picture = draw("svg", { viewBox: "0 0 " + SIZE + " " + SIZE, role: "img" });
      let count = 0, shared = 0;
      const connectome = anatomy ? source.connectome : null;
      for (let k = 0; k < n * n; k += 1) {
        const sender = Math.floor(k / n), receiver = k % n;
        if (sender === receiver) continue;
        const wired = source.connectome && (source.connectome.chemical[k] > 0 || source.connectome.electrical[k] > 0);
        if (connectome && wired) {
          link(picture, sender, receiver, { "stroke-width": 5, stroke: "#e98a1c", "stroke-opacity": 0.45 });
        }
        if (source.weights[k] < threshold) continue;
        count += 1;
        if (wired) shared += 1;
        const path = link(picture, sender, receiver, { "stroke-width": 0.6 + 2.4 * source.weights[k], stroke: source.colour });
        named(path, source.neurons[sender] + " to " + source.neurons[receiver] + ": " + source.weights[k]);
      }
      source.neurons.forEach(function (name, node) {
        const at = place_of(node, RADIUS), out = place_of(node, RADIUS + 12);
        picture.append(draw("circle", { cx: at[0], cy: at[1], r: 4, fill: "#1a1a1a", class: "ink" }));
        const side = out[0] - SIZE / 2;
        const text = draw("text", {
          x: out[0], y: out[1] + 4, "font-size": 12, fill: "#1a1a1a", class: "ink",
          "text-anchor": Math.abs(side) < 20 ? "middle" : side < 0 ? "end" : "start",
        });
        text.textContent = name.length > 9 ? name.slice(0, 8) + "…" : name;
        picture.append(text);
      });
      let told = count + (count === 1 ? " link" : " links") + " of weight " + threshold.toFixed(2) + " or more";
      if (source.connectome) told += ", " + shared + " of them also in the connectome";
      output.textContent = told;
      picture.setAttribute("aria-label", told);
      box.replaceChildren(picture);
    }
    slider.addEventListener("input", function () { threshold = Number(slider.value); show(); });
    const controls = make("div", { class: "controls" }, make("label", {}, "Threshold ", slider), output);
    if (source.connectome) {
      controls.append(check("connectome beneath (" + source.connectome.source + ")", anatomy, function (on) { anatomy = on; show(); }));
    }
    place.append(controls, box);
    show();
  }

  for (const place of document.querySelectorAll(".live")) {
    const kind = place.dataset.kind, at = Number(place.dataset.figure);
    const of_figure = function (source) { return source.figure === at; };
    if (kind === "viewer" && data.recordings.length > 0) viewer(place);
    if (kind === "manifold") manifold(place, data.manifolds.find(of_figure));
    if (kind === "graph") graph(place, data.graphs.find(of_figure));
  }

  // The drawing that is shown is saved as it is in the page, which may be all that a reader has.
  document.querySelectorAll(".downloads .save").forEach(function (link) {
    const drawing = link.closest("figure").querySelector(".drawing svg");
    const source = new XMLSerializer().serializeToString(drawing);
    link.href = URL.createObjectURL(new Blob([source], { type: "image/svg+xml" }));
  });
})();
