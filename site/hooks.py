"""Pages that are made when the site is built: those of docs/, the README as the start, and the program's
help. Links to files of the repository that are no pages lead to where the repository says it is kept, or are
left as text."""

import re
import subprocess
import sys
from pathlib import Path

from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = [
    "demo", "compare", "reproduce", "study", "study plan", "study run", "study merge", "study submit",
    "study status", "study verify", "report", "fit", "predict", "graph", "export", "inspect", "convert",
    "simulate", "data", "cite",
]  # fmt: skip


def on_files(files, config):
    pages = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md")}
    pages["index.md"] = (ROOT / "README.md").read_text(encoding="utf-8")
    pages["program.md"] = program()
    here = set(pages) | {file.src_uri for file in files}
    for name, text in sorted(pages.items()):
        files.append(File.generated(config, name, content=linked(text, here)))
    figure = (ROOT / "docs" / "table1.svg").read_bytes()
    files.append(File.generated(config, "table1.svg", content=figure))
    return files


def linked(text, here):
    """Links as the site has them."""

    def target(match):
        words, link = match[1], match[2]
        path, _, anchor = link.partition("#")
        if "://" in link or not path:
            return match[0]
        name = re.sub(r"^(\.\./)?(docs/)?", "", path)
        name = "index.md" if name == "README.md" else name
        if name in here or name == "table1.svg":
            return f"{words}({name}{'#' + anchor if anchor else ''})"
        return words.lstrip("!").strip("[]")

    return re.sub(r"(!?\[[^\]]*\])\(([^)\s]+)\)", target, text)


def program():
    """What the program says of itself and of each command."""
    run = [sys.executable, "-m", "nervering._program"]

    def help_of(command):
        said = subprocess.run([*run, *command.split(), "--help"], capture_output=True, text=True, check=True)
        return said.stdout.rstrip()

    parts = ["# The program", "What `nervering --help`, and `--help` of every command, print.", "", "```text"]
    parts += [help_of(""), "```"]
    for command in COMMANDS:
        parts += ["", f"## nervering {command}", "", "```text", help_of(command), "```"]
    return "\n".join(parts) + "\n"
