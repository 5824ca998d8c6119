//! A headless Chromium, driven over a pair of pipes in its own protocol: messages of JSON that end
//! with a zero byte (`--remote-debugging-pipe`, file descriptors 3 and 4). No port is opened.

use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A browser with one page.
pub struct Browser {
    child: Child,
    requests: File,
    answers: BufReader<File>,
    next: u64,
    session: Option<String>,
    /// What happened, in order: events of the page.
    pub events: Vec<Value>,
    _folder: tempfile::TempDir,
}

/// `NERVERING_CHROMIUM`, or a Chromium on the path; `None` (and a line that says so) without.
fn program() -> Option<PathBuf> {
    if let Some(program) = std::env::var_os("NERVERING_CHROMIUM") {
        return Some(program.into());
    }
    let names = ["chromium", "chromium-browser", "google-chrome", "chrome"];
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|file| file.is_file());
    if found.is_none() {
        println!("skipped: no chromium on the path and no NERVERING_CHROMIUM");
    }
    found
}

impl Browser {
    /// Starts one with an empty page.
    pub fn start() -> Option<Self> {
        let program = program()?;
        let folder = tempfile::tempdir().unwrap();
        let (ask, answer) = (folder.path().join("ask"), folder.path().join("answer"));
        let made = Command::new("mkfifo").args([&ask, &answer]).status().unwrap();
        assert!(made.success(), "mkfifo failed");
        let child = Command::new("sh")
            .arg("-c")
            .arg("exec \"$1\" --headless --no-sandbox --disable-gpu --no-first-run --disable-dev-shm-usage \
                  --disable-background-networking --disable-component-update --user-data-dir=\"$2\" \
                  --remote-debugging-pipe about:blank 3<\"$3\" 4>\"$4\"")
            .arg("sh")
            .args([&program, &folder.path().join("profile"), &ask, &answer])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let requests = File::options().write(true).open(&ask).unwrap();
        let answers = BufReader::new(File::open(&answer).unwrap());
        let mut browser = Self {
            child,
            requests,
            answers,
            next: 1,
            session: None,
            events: Vec::new(),
            _folder: folder,
        };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attached = json!({ "targetId": target["targetId"], "flatten": true });
        let session = browser.call("Target.attachToTarget", attached);
        browser.session = Some(session["sessionId"].as_str().unwrap().to_owned());
        for domain in ["Page.enable", "Runtime.enable", "Network.enable", "Log.enable"] {
            browser.call(domain, json!({}));
        }
        Some(browser)
    }

    /// Asks, and waits for the answer.
    pub fn call(&mut self, method: &str, parameters: Value) -> Value {
        let id = self.next;
        self.next += 1;
        let mut request = json!({ "id": id, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            request["sessionId"] = json!(session);
        }
        self.requests.write_all(request.to_string().as_bytes()).unwrap();
        self.requests.write_all(&[0]).unwrap();
        loop {
            let message = self.message();
            if message["id"] == id {
                assert!(message.get("error").is_none(), "{method}: {}", message["error"]);
                return message["result"].clone();
            }
            self.events.push(message);
        }
    }

    fn message(&mut self) -> Value {
        let mut bytes = Vec::new();
        self.answers.read_until(0, &mut bytes).unwrap();
        assert_eq!(bytes.pop(), Some(0), "the browser has gone");
        serde_json::from_slice(&bytes).unwrap()
    }

    /// Opens a file in a window of so many pixels, in the light or in the dark, and waits until its
    /// scripts have run and drawn.
    pub fn open(&mut self, file: &Path, width: u32, scheme: &str) {
        let metrics =
            json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", metrics);
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.call("Emulation.setEmulatedMedia", json!({ "features": features }));
        self.call("Page.navigate", json!({ "url": format!("file://{}", file.display()) }));
        while !self.events.iter().any(|event| event["method"] == "Page.loadEventFired") {
            let message = self.message();
            self.events.push(message);
        }
        self.settle();
    }

    /// Waits for two pictures.
    pub fn settle(&mut self) {
        self.value("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(0))))");
    }

    /// The value of an expression in the page.
    pub fn value(&mut self, expression: &str) -> Value {
        let parameters =
            json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let result = self.call("Runtime.evaluate", parameters);
        assert!(result.get("exceptionDetails").is_none(), "{expression}: {result}");
        result["result"]["value"].clone()
    }

    /// Presses the mouse in the middle of an element, moves it by (dx, dy) and lets it go.
    pub fn drag(&mut self, element: &str, dx: f64, dy: f64) {
        let script = format!(
            "(() => {{ const e = {element}; e.scrollIntoView({{ block: 'center' }}); \
             const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; }})()"
        );
        let at = self.value(&script);
        let (x, y) = (at[0].as_f64().unwrap(), at[1].as_f64().unwrap());
        let steps =
            [("mousePressed", 0.), ("mouseMoved", 0.5), ("mouseMoved", 1.), ("mouseReleased", 1.)];
        for (kind, part) in steps {
            let event = json!({ "type": kind, "x": x + part * dx, "y": y + part * dy, "button": "left",
                                "buttons": u8::from(kind != "mouseReleased"), "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", event);
        }
        self.settle();
    }

    /// Presses a key.
    pub fn key(&mut self, key: &str) {
        for kind in ["keyDown", "keyUp"] {
            let mut event = json!({ "type": kind, "key": key });
            if kind == "keyDown" && key.chars().count() == 1 {
                event["text"] = json!(key);
            }
            self.call("Input.dispatchKeyEvent", event);
        }
        self.settle();
    }

    /// The whole page as PNG, into `NERVERING_SCREENSHOTS` where that is set.
    pub fn screenshot(&mut self, name: &str) {
        let Some(folder) = std::env::var_os("NERVERING_SCREENSHOTS") else { return };
        std::fs::create_dir_all(&folder).unwrap();
        let parameters = json!({ "format": "png", "captureBeyondViewport": true });
        let data = self.call("Page.captureScreenshot", parameters)["data"].clone();
        let png = decoded(data.as_str().unwrap());
        std::fs::write(Path::new(&folder).join(name), png).unwrap();
    }

    /// Whatever the page has complained of.
    pub fn complaints(&self) -> Vec<String> {
        let bad = |event: &&Value| {
            let method = event["method"].as_str().unwrap_or("");
            let level = &event["params"]["entry"]["level"];
            let kind = &event["params"]["type"];
            method == "Runtime.exceptionThrown"
                || method == "Log.entryAdded" && (level == "error" || level == "warning")
                || method == "Runtime.consoleAPICalled" && (kind == "error" || kind == "warning")
        };
        self.events.iter().filter(bad).map(|event| event["params"].to_string()).take(5).collect()
    }

    /// Addresses that were asked for, without data and the pages opened.
    pub fn requests(&self) -> Vec<String> {
        let requests = self.events.iter().filter(|e| e["method"] == "Network.requestWillBeSent");
        let addresses = requests.filter(|e| e["params"]["type"] != "Document");
        let addresses =
            addresses.map(|e| e["params"]["request"]["url"].as_str().unwrap().to_owned());
        addresses.filter(|address| !address.starts_with("data:")).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Base 64 to bytes.
fn decoded(text: &str) -> Vec<u8> {
    let digit = |c: u8| match c {
        b'A'..=b'Z' => u32::from(c - b'A'),
        b'a'..=b'z' => u32::from(c - b'a') + 26,
        b'0'..=b'9' => u32::from(c - b'0') + 52,
        b'+' => 62,
        _ => 63,
    };
    let digits: Vec<u32> = text.bytes().filter(|&c| c != b'=').map(digit).collect();
    let group = |group: &[u32]| {
        let bits =
            group.iter().enumerate().fold(0, |bits, (k, digit)| bits | digit << (18 - 6 * k));
        bits.to_be_bytes()[1..group.len()].to_vec()
    };
    digits.chunks(4).flat_map(group).collect()
}
