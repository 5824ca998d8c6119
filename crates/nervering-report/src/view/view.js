// Heat maps and traces of recordings: sorted, scaled, zoomed and moved together, one animal or two.
// Every text goes in as text, never as markup.
(function () {
  "use strict";
  const data = JSON.parse(document.getElementById("data").textContent);
  const place = document.getElementById("viewer");
  const UNKNOWN = 255, HALF = data.steps / 2, MISSING = -HALF - 1;
  const SVG = "http://www.w3.org/2000/svg";
  const LEFT = 64, RIGHT = 8, RIBBON = 14, STRIP = 40, TRACE = 46, TICKS = 22, GAP = 6;

  // Elements.

  function make(name, attributes, ...content) {
    const element = document.createElement(name);
    for (const key in attributes) element.setAttribute(key, attributes[key]);
    element.append(...content);
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
    return make("label", {}, label, element);
  }

  function swatch(colour) {
    const svg = document.createElementNS(SVG, "svg"), rect = document.createElementNS(SVG, "rect");
    svg.setAttribute("viewBox", "0 0 8 8");
    svg.setAttribute("aria-hidden", "true");
    for (const [key, value] of [["width", 8], ["height", 8], ["fill", colour]]) rect.setAttribute(key, value);
    svg.append(rect);
    return svg;
  }

  // Data, each animal when it is first looked at.

  function bytes(text) {
    const binary = atob(text), all = new Uint8Array(binary.length);
    for (let k = 0; k < binary.length; k++) all[k] = binary.charCodeAt(k);
    return all;
  }

  const map = bytes(data.map), opened = [];

  function animal(at) {
    if (opened[at]) return opened[at];
    const source = data.animals[at], raw = bytes(source.values);
    const seconds = new Float32Array(bytes(source.seconds).buffer);
    const one = {
      name: source.name, unit: source.unit, neurons: source.neurons, classes: source.classes,
      low: source.low, high: source.high, n: seconds.length, seconds: seconds,
      values: data.bytes === 2 ? new Int16Array(raw.buffer) : new Int8Array(raw.buffer),
      states: { names: source.states.names, colours: source.states.colours, frames: bytes(source.states.frames) },
      said: source.said && {
        frames: bytes(source.said.frames), shares: source.said.shares && bytes(source.said.shares),
        trained: source.said.trained_on, balanced: source.said.balanced,
      },
      ranges: [], moments: [],
    };
    opened[at] = one;
    return one;
  }

  function row(one, neuron) { return one.values.subarray(neuron * one.n, (neuron + 1) * one.n); }

  function inUnits(one, neuron, step) {
    return one.low[neuron] + (step + HALF) * (one.high[neuron] - one.low[neuron]) / data.steps;
  }

  // Steps between which all but one in a hundred on either side lie.
  function range(one, neuron) {
    if (!one.ranges[neuron]) {
      const sorted = row(one, neuron).filter(function (step) { return step !== MISSING; }).sort();
      const at = function (share) { return sorted.length ? sorted[Math.round(share * (sorted.length - 1))] : 0; };
      one.ranges[neuron] = [at(0.01), at(0.99)];
    }
    return one.ranges[neuron];
  }

  function moments(one, neuron) {
    if (!one.moments[neuron]) {
      let n = 0, sum = 0, squares = 0;
      for (const step of row(one, neuron)) {
        if (step !== MISSING) { n += 1; sum += step; squares += step * step; }
      }
      const mean = n ? sum / n : 0;
      one.moments[neuron] = [mean, Math.sqrt(Math.max(n ? squares / n - mean * mean : 0, 1e-9))];
    }
    return one.moments[neuron];
  }

  function correlation(one, a, b) {
    const [meanA, sdA] = moments(one, a), [meanB, sdB] = moments(one, b);
    const rowA = row(one, a), rowB = row(one, b);
    let n = 0, sum = 0;
    for (let k = 0; k < one.n; k++) {
      if (rowA[k] === MISSING || rowB[k] === MISSING) continue;
      n += 1;
      sum += (rowA[k] - meanA) * (rowB[k] - meanB);
    }
    return n ? sum / n / sdA / sdB : 0;
  }

  // The two ends of the colours of a neuron, in steps.
  function ends(one, neuron) {
    if (view.scaling === 0) return range(one, neuron);
    if (view.scaling === 1) {
      const [mean, sd] = moments(one, neuron);
      return [mean - 2 * sd, mean + 3 * sd];
    }
    const [low, high] = common();
    const step = function (value) {
      return (value - one.low[neuron]) * data.steps / Math.max(one.high[neuron] - one.low[neuron], 1e-300) - HALF;
    };
    return [step(low), step(high)];
  }

  // Values between which the middle ranges of all neurons that are shown lie.
  function common() {
    let low = Infinity, high = -Infinity;
    for (const panel of panels) {
      for (const neuron of panel.order) {
        const ends = range(panel.one, neuron);
        low = Math.min(low, inUnits(panel.one, neuron, ends[0]));
        high = Math.max(high, inUnits(panel.one, neuron, ends[1]));
      }
    }
    return [low, high];
  }

  // What is shown: seconds from the beginning of each recording, and neurons by name.

  const view = { from: 0, to: 1, sorting: 0, scaling: 0, filter: "", shared: false, reference: null, picked: [], at: null, neuron: null };
  let panels = [];

  function longest() { return Math.max(...panels.map(function (panel) { return panel.one.seconds[panel.one.n - 1] || 1; })); }

  function show(from, to) {
    const whole = longest(), length = Math.min(Math.max(to - from, whole / 500), whole);
    view.from = Math.min(Math.max(from, 0), whole - length);
    view.to = view.from + length;
    status.textContent = view.from.toFixed(1) + " to " + view.to.toFixed(1) + " s of " + whole.toFixed(1) + " s";
    redraw();
  }
  function zoom(factor, middle) {
    const at = middle === undefined ? (view.from + view.to) / 2 : middle;
    show(at - (at - view.from) * factor, at + (view.to - at) * factor);
  }
  function move(share) { const by = share * (view.to - view.from); show(view.from + by, view.to + by); }

  function order(one) {
    const wanted = view.filter.trim().toLowerCase();
    const others = panels.map(function (panel) { return panel.one; }).filter(function (other) { return other !== one; });
    const kept = one.neurons.map(function (_, k) { return k; }).filter(function (k) {
      const name = one.neurons[k];
      if (view.shared && !(one.classes[k] && others.every(function (other) { return other.neurons.includes(name); }))) return false;
      return name.toLowerCase().includes(wanted);
    });
    const byName = function (a, b) {
      const named = Number(!one.classes[a]) - Number(!one.classes[b]);
      return named || (one.classes[a] ? (one.neurons[a] < one.neurons[b] ? -1 : 1) : a - b);
    };
    if (view.sorting === 1) {
      const key = function (k) { return one.classes[k] || "\uffff"; };
      return kept.sort(function (a, b) { return key(a) === key(b) ? byName(a, b) : key(a) < key(b) ? -1 : 1; });
    }
    if (view.sorting === 2) {
      let of = one.neurons.indexOf(view.reference);
      if (of < 0) of = kept.slice().sort(byName)[0];
      if (of === undefined) return kept;
      const with_ = new Map(kept.map(function (k) { return [k, k === of ? 2 : correlation(one, of, k)]; }));
      return kept.sort(function (a, b) { return with_.get(b) - with_.get(a); });
    }
    return kept.sort(byName);
  }

  // Panels.

  function panel(at) {
    const self = { one: animal(at), order: [], canvas: null };
    const one = self.one;
    const named = one.classes.filter(Boolean).length;
    const about = " " + one.neurons.length + " neurons, " + named + " identified; " + one.n + " frames; " + one.unit +
      (one.said && one.said.trained ? "; the model was trained on it" : "");
    const canvas = make("canvas", { tabindex: "0", role: "img", "aria-label":
      "Activity of " + one.name + " over time. Left and right move, plus and minus zoom, 0 shows all, up and down choose a neuron, Enter shows its trace." });
    self.canvas = canvas;
    self.element = make("div", { class: "panel" }, make("h3", {}, one.name, make("span", {}, about)), canvas);
    listen(self);
    return self;
  }

  function geometry(self, width) {
    const rows = self.order.length, tall = rows ? Math.min(Math.max(560 / rows, 3), 14) : 0;
    const ribbons = self.one.said ? 2 : 1;
    const heat = ribbons * (RIBBON + 3) + 2;
    const traces = heat + rows * tall + GAP;
    const shown = view.picked.map(function (name) { return self.one.neurons.indexOf(name); });
    const strip = traces + shown.length * TRACE;
    const ticks = strip + (self.one.said && self.one.said.shares ? STRIP + GAP : 0);
    return { tall: tall, heat: heat, traces: traces, shown: shown, strip: strip, ticks: ticks, height: ticks + TICKS, inner: Math.max(width - LEFT - RIGHT, 10) };
  }

  // The first frame of each pixel, and the end.
  function columns(one, n) {
    const starts = new Int32Array(n + 1);
    let frame = 0;
    for (let x = 0; x <= n; x++) {
      const time = view.from + (view.to - view.from) * x / n;
      if (x === 0) {
        let low = 0, high = one.n;
        while (low < high) {
          const middle = (low + high) >> 1;
          if (one.seconds[middle] < time) low = middle + 1; else high = middle;
        }
        frame = low;
      }
      while (frame < one.n && one.seconds[frame] < time) frame += 1;
      starts[x] = frame;
    }
    return starts;
  }

  // Where there are fewer frames than pixels, a pixel shows the frame that it is within.
  function within(starts, x, n) {
    const from = starts[x], to = starts[x + 1];
    if (to > from) return [from, to];
    return from > 0 && from < n ? [from - 1, from] : [0, 0];
  }

  function paint(self, light) {
    const canvas = self.canvas, width = canvas.clientWidth;
    if (width === 0) return;
    const one = self.one, g = geometry(self, width), dense = window.devicePixelRatio || 1;
    canvas.style.height = g.height + "px";
    canvas.width = Math.round(width * dense);
    canvas.height = Math.round(g.height * dense);
    const context = canvas.getContext("2d");
    context.scale(dense, dense);
    const style = getComputedStyle(document.documentElement);
    const ink = light ? "#000000" : style.getPropertyValue("--ink"), soft = light ? "#444444" : style.getPropertyValue("--soft");
    const faint = light ? "#cccccc" : style.getPropertyValue("--faint"), link = style.getPropertyValue("--link");
    context.font = "11px system-ui, sans-serif";
    context.textBaseline = "middle";
    const n = Math.round(g.inner), starts = columns(one, n);
    const label = function (text, y, colour) {
      let cut = text;
      while (cut.length > 1 && context.measureText(cut).width > LEFT - 6) cut = cut.slice(0, -1);
      context.fillStyle = colour || soft;
      context.textAlign = "right";
      context.fillText(cut === text ? text : cut.slice(0, -1) + "…", LEFT - 4, y);
    };

    const ribbon = function (name, top, frames, colours) {
      label(name, top + RIBBON / 2);
      let begin = 0, last = null;
      for (let x = 0; x <= n; x++) {
        const [from, to] = x < n ? within(starts, x, one.n) : [0, 0];
        const state = x < n && to > from ? frames[from] : null;
        if (state !== last || x === n) {
          if (last !== null) {
            context.fillStyle = colours[last] || "#b8b8b8";
            context.fillRect(LEFT + begin, top, x - begin, RIBBON);
          }
          begin = x;
          last = state;
        }
      }
    };
    ribbon("labelled", 0, one.states.frames, one.states.colours);
    if (one.said) ribbon(data.model.name, RIBBON + 3, one.said.frames, data.model.colours);

    heat(self, context, g, n, starts);
    const every = Math.max(1, Math.ceil(11 / Math.max(g.tall, 1)));
    self.order.forEach(function (neuron, k) {
      const is = one.neurons[neuron] === view.neuron, shown = view.picked.includes(one.neurons[neuron]);
      if (is || k % every === 0) label(one.neurons[neuron], g.heat + (k + 0.5) * g.tall, is ? link : shown ? ink : soft);
    });
    const chosen = self.order.findIndex(function (neuron) { return one.neurons[neuron] === view.neuron; });
    if (chosen >= 0) {
      context.strokeStyle = link;
      context.strokeRect(LEFT - 0.5, g.heat + chosen * g.tall - 0.5, n + 1, g.tall + 1);
    }

    g.shown.forEach(function (neuron, k) {
      const top = g.traces + k * TRACE;
      label(view.picked[k], top + TRACE / 2, ink);
      context.strokeStyle = faint;
      context.beginPath();
      context.moveTo(LEFT, top + TRACE - 0.5);
      context.lineTo(LEFT + n, top + TRACE - 0.5);
      context.stroke();
      if (neuron < 0) {
        context.fillStyle = soft;
        context.textAlign = "left";
        context.fillText("not in this recording", LEFT + 6, top + TRACE / 2);
        return;
      }
      trace(one, neuron, context, n, starts, top + 4, TRACE - 8, ink);
      label(one.high[neuron].toFixed(2), top + 8);
      label(one.low[neuron].toFixed(2), top + TRACE - 8);
    });

    if (one.said && one.said.shares) strip(one, context, n, starts, g.strip, label);
    ticks(context, n, g.ticks, soft);
    if (view.at !== null && view.at >= view.from && view.at <= view.to) {
      const x = LEFT + n * (view.at - view.from) / (view.to - view.from);
      context.strokeStyle = link;
      context.beginPath();
      context.moveTo(x, 0);
      context.lineTo(x, g.ticks);
      context.stroke();
    }
  }

  function heat(self, context, g, n, starts) {
    const one = self.one, rows = self.order.length;
    if (rows === 0) return;
    const image = new ImageData(n, rows), pixels = image.data;
    for (let k = 0; k < rows; k++) {
      const steps = row(one, self.order[k]), [low, high] = ends(one, self.order[k]);
      const scale = 255 / Math.max(high - low, 1e-9);
      for (let x = 0; x < n; x++) {
        const [from, to] = within(starts, x, one.n);
        let sum = 0, count = 0;
        for (let frame = from; frame < to; frame++) {
          if (steps[frame] !== MISSING) { sum += steps[frame]; count += 1; }
        }
        const at = (k * n + x) * 4;
        if (to === from) continue;
        if (count === 0) {
          pixels[at] = pixels[at + 1] = pixels[at + 2] = 184;
        } else {
          const colour = 3 * Math.min(Math.max(Math.round((sum / count - low) * scale), 0), 255);
          pixels[at] = map[colour];
          pixels[at + 1] = map[colour + 1];
          pixels[at + 2] = map[colour + 2];
        }
        pixels[at + 3] = 255;
      }
    }
    const buffer = document.createElement("canvas");
    buffer.width = n;
    buffer.height = rows;
    buffer.getContext("2d").putImageData(image, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(buffer, LEFT, g.heat, n, rows * g.tall);
  }

  // A line where there are few frames, else from the least to the greatest of each pixel.
  function trace(one, neuron, context, n, starts, top, tall, ink) {
    const steps = row(one, neuron);
    const y = function (step) { return top + tall * (HALF - step) / data.steps; };
    context.strokeStyle = ink;
    context.lineWidth = 1;
    context.beginPath();
    let pen = false;
    if (starts[n] - starts[0] > n) {
      for (let x = 0; x < n; x++) {
        let low = Infinity, high = -Infinity;
        for (let frame = starts[x]; frame < starts[x + 1]; frame++) {
          if (steps[frame] !== MISSING) { low = Math.min(low, steps[frame]); high = Math.max(high, steps[frame]); }
        }
        if (low > high) { if (starts[x + 1] > starts[x]) pen = false; continue; }
        if (pen) context.lineTo(LEFT + x + 0.5, y(high)); else context.moveTo(LEFT + x + 0.5, y(high));
        context.lineTo(LEFT + x + 0.5, y(low));
        pen = true;
      }
    } else {
      const last = Math.min(starts[n] + 1, one.n);
      context.save();
      context.rect(LEFT, top - 4, n, tall + 8);
      context.clip();
      context.beginPath();
      for (let frame = Math.max(starts[0] - 1, 0); frame < last; frame++) {
        if (steps[frame] === MISSING) { pen = false; continue; }
        const x = LEFT + n * (one.seconds[frame] - view.from) / (view.to - view.from);
        if (pen) context.lineTo(x, y(steps[frame])); else context.moveTo(x, y(steps[frame]));
        pen = true;
      }
      context.stroke();
      context.restore();
      return;
    }
    context.stroke();
  }

  // Probabilities of states on top of each other: mean over the frames of a pixel.
  function strip(one, context, n, starts, top, label) {
    const of = data.model.states.length, shares = one.said.shares;
    label("P(state)", top + STRIP / 2);
    for (let x = 0; x < n; x++) {
      const [from, to] = within(starts, x, one.n);
      if (to === from) continue;
      let begin = top;
      for (let state = 0; state < of; state++) {
        let sum = 0;
        for (let frame = from; frame < to; frame++) sum += shares[frame * of + state];
        const tall = STRIP * sum / (to - from) / 255;
        context.fillStyle = data.model.colours[state];
        context.fillRect(LEFT + x, begin, 1, tall);
        begin += tall;
      }
    }
  }

  function ticks(context, n, top, soft) {
    const length = view.to - view.from;
    let step = Math.pow(10, Math.floor(Math.log10(length / Math.max(n / 90, 2))));
    for (const factor of [1, 2, 5, 10]) if (length / (step * factor) <= Math.max(n / 70, 2)) { step *= factor; break; }
    const decimals = Math.max(0, Math.min(3, -Math.floor(Math.log10(step))));
    context.fillStyle = soft;
    context.strokeStyle = soft;
    context.textAlign = "center";
    context.beginPath();
    for (let time = Math.ceil(view.from / step) * step; time <= view.to + step / 1e6; time += step) {
      const x = LEFT + n * (time - view.from) / length;
      if (x > LEFT + n - 14) break;
      context.moveTo(x, top);
      context.lineTo(x, top + 4);
      context.fillText(time.toFixed(decimals), x, top + 12);
    }
    context.stroke();
    context.textAlign = "right";
    context.fillText("s", LEFT + n, top + 12);
  }

  // Reading and moving.

  function timeAt(self, x) {
    const inner = self.canvas.clientWidth - LEFT - RIGHT;
    return view.from + (view.to - view.from) * Math.min(Math.max((x - LEFT) / inner, 0), 1);
  }

  function neuronAt(self, y) {
    const g = geometry(self, self.canvas.clientWidth);
    const k = Math.floor((y - g.heat) / g.tall);
    if (k >= 0 && k < self.order.length) return self.one.neurons[self.order[k]];
    const of = Math.floor((y - g.traces) / TRACE);
    return y >= g.traces && of < view.picked.length ? view.picked[of] : null;
  }

  function frameAt(one, time) {
    let low = 0, high = one.n - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (one.seconds[middle] <= time) low = middle; else high = middle - 1;
    }
    return low;
  }

  function read() {
    if (view.at === null) return;
    readout.textContent = panels.map(function (self) {
      const one = self.one, frame = frameAt(one, view.at), said = one.said;
      const state = one.states.names[one.states.frames[frame]];
      const neuron = one.neurons.indexOf(view.neuron);
      let text = one.name + ", " + one.seconds[frame].toFixed(2) + " s: ";
      if (neuron >= 0) {
        const step = row(one, neuron)[frame];
        text += view.neuron + " " + (step === MISSING ? "missing" : inUnits(one, neuron, step).toFixed(3)) + "; ";
      }
      text += "labelled " + (state === undefined ? "unknown" : state);
      if (said) {
        const told = said.frames[frame];
        text += "; " + data.model.name + " says " + data.model.states[told];
        if (said.shares) text += " (" + Math.round(said.shares[frame * data.model.states.length + told] / 2.55) + " %)";
      }
      return text;
    }).join(" · ");
  }

  function toggle(name) {
    if (name === null) return;
    view.reference = name;
    view.picked = view.picked.includes(name) ? view.picked.filter(function (other) { return other !== name; }) : view.picked.concat(name).slice(-8);
    arrange();
  }

  function step(self, by) {
    const names = self.order.map(function (neuron) { return self.one.neurons[neuron]; });
    if (names.length === 0) return;
    const at = names.indexOf(view.neuron);
    view.neuron = names[at < 0 ? 0 : Math.min(Math.max(at + by, 0), names.length - 1)];
    if (view.at === null) view.at = view.from;
    read();
    redraw();
  }

  function listen(self) {
    const canvas = self.canvas, down = new Map();
    let travelled = 0;
    const position = function (event) {
      const box = canvas.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    canvas.addEventListener("pointerdown", function (event) {
      down.set(event.pointerId, event);
      travelled = 0;
      // A pointer that has gone cannot be captured, and need not be.
      try { canvas.setPointerCapture(event.pointerId); } catch (_) { return; }
    });
    canvas.addEventListener("pointermove", function (event) {
      const before = down.get(event.pointerId), [x, y] = position(event);
      if (!before) {
        view.at = timeAt(self, x);
        view.neuron = neuronAt(self, y) || view.neuron;
        read();
        redraw();
        return;
      }
      if (down.size === 1) {
        const by = event.clientX - before.clientX;
        travelled += Math.abs(by) + Math.abs(event.clientY - before.clientY);
        if (travelled > 4) move(-by / (canvas.clientWidth - LEFT - RIGHT));
      } else {
        const other = [...down.values()].find(function (p) { return p.pointerId !== event.pointerId; });
        const was = Math.abs(before.clientX - other.clientX), is = Math.abs(event.clientX - other.clientX);
        travelled += 100;
        if (was > 8 && is > 8) zoom(was / is, timeAt(self, (event.clientX + other.clientX) / 2 - canvas.getBoundingClientRect().left));
      }
      down.set(event.pointerId, event);
    });
    canvas.addEventListener("pointerup", function (event) {
      if (down.size === 1 && travelled <= 4) {
        const [x, y] = position(event);
        view.at = timeAt(self, x);
        view.neuron = neuronAt(self, y) || view.neuron;
        toggle(neuronAt(self, y));
        read();
        redraw();
      }
      down.delete(event.pointerId);
    });
    canvas.addEventListener("pointercancel", function (event) { down.delete(event.pointerId); });
    canvas.addEventListener("wheel", function (event) {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      zoom(Math.pow(1.002, event.deltaY), timeAt(self, position(event)[0]));
    }, { passive: false });
    canvas.addEventListener("keydown", function (event) {
      const keys = {
        ArrowLeft: function () { move(-0.2); }, ArrowRight: function () { move(0.2); },
        "+": function () { zoom(0.5); }, "=": function () { zoom(0.5); }, "-": function () { zoom(2); },
        "0": function () { show(0, longest()); },
        ArrowUp: function () { step(self, -1); }, ArrowDown: function () { step(self, 1); },
        Enter: function () { toggle(view.neuron); },
      };
      if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      keys[event.key]();
    });
    new ResizeObserver(redraw).observe(canvas);
  }

  // Together.

  let waiting = false;
  function redraw() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(function () {
      waiting = false;
      panels.forEach(function (self) { paint(self, false); });
    });
  }

  function arrange() {
    panels.forEach(function (self) { self.order = order(self.one); });
    redraw();
  }

  function legends() {
    const entries = new Map();
    for (const self of panels) {
      const used = new Set(self.one.states.frames);
      self.one.states.names.forEach(function (name, k) { if (used.has(k)) entries.set(name, self.one.states.colours[k]); });
      if (used.has(UNKNOWN)) entries.set("unknown", "#b8b8b8");
      if (self.one.said) data.model.states.forEach(function (name, k) { entries.set(name, data.model.colours[k]); });
    }
    legend.replaceChildren(...[...entries].map(function (entry) { return make("li", {}, swatch(entry[1]), entry[0]); }));
  }

  function choose(first, second) {
    panels = [panel(first)].concat(second < 0 ? [] : [panel(second)]);
    container.className = panels.length > 1 ? "panels two" : "panels";
    container.replaceChildren(...panels.map(function (self) { return self.element; }));
    shared.hidden = panels.length < 2;
    if (view.picked.length === 0) {
      const names = order(panels[0].one).map(function (k) { return panels[0].one.neurons[k]; });
      const telling = ["AVAL", "AVAR", "AVBL", "AVBR", "RIML", "RIMR", "RID"].filter(function (name) { return names.includes(name); });
      view.picked = (telling.length ? telling : names).slice(0, 3);
    }
    arrange();
    legends();
    show(0, longest());
  }

  const names = data.animals.map(function (one) { return one.name; });
  const status = make("p", { class: "hint", role: "status" });
  const readout = make("p", { class: "readout" }, "Point at the heat map to read values; click on a neuron to show its trace.");
  const legend = make("ul", { class: "legend" });
  const container = make("div", { class: "panels" });
  const sharedBox = make("input", { type: "checkbox" });
  const shared = make("label", {}, sharedBox, "shared neurons alone");
  sharedBox.addEventListener("change", function () { view.shared = sharedBox.checked; arrange(); });
  const filter = make("input", { type: "search", placeholder: "filter", "aria-label": "Filter neurons by name" });
  filter.addEventListener("input", function () { view.filter = filter.value; arrange(); });
  let first = 0, second = -1;
  place.append(
    make("div", { class: "controls" },
      select("Animal", names, function (at) { first = at; choose(first, second); }),
      select("beside", ["none"].concat(names), function (at) { second = at - 1; choose(first, second); }),
      select("Sort by", ["name", "class", "correlation"], function (at) { view.sorting = at; arrange(); }),
      select("Scale", ["1 to 99 % of each neuron", "z-score of each neuron", "the same for all"], function (at) { view.scaling = at; redraw(); }),
      filter, shared),
    make("div", { class: "controls" },
      button("Zoom in", function () { zoom(0.5); }), button("Zoom out", function () { zoom(2); }),
      button("Earlier", function () { move(-0.5); }), button("Later", function () { move(0.5); }),
      button("Whole recording", function () { show(0, longest()); })),
    legend, container, readout, status,
    make("p", { class: "hint" }, "Drag to move, pinch or Ctrl and wheel to zoom. Keys: arrows, +, −, 0, Enter. Correlation is with the neuron last clicked on."));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  window.addEventListener("beforeprint", function () { panels.forEach(function (self) { paint(self, true); }); });
  window.addEventListener("afterprint", redraw);
  if (names.length > 0) choose(0, -1);
})();
