"""Pages that are made when the site is built: those of docs/, the README as the start, the program's help, and
the tutorials, notebooks that are run then and can be loaded with what they showed. Links to files of the
repository that are no pages lead to where the repository says it is kept, or are left as text."""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
from mkdocs.structure.files import File
from nbclient import NotebookClient
from nbconvert import MarkdownExporter

ROOT = Path(__file__).resolve().parent.parent
# Where tutorials find recordings, as the tests do.
os.environ.setdefault("NERVERING_DATA", str(ROOT.parent / "shared" / "data"))
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
    for path in sorted((ROOT / "site" / "tutorials").glob("*.ipynb")):
        for name, content in tutorial(path).items():
            files.append(File.generated(config, name, content=content))
    return files


def tutorial(path):
    """The page of a notebook that is run now, its figures, and the notebook itself."""
    book = nbformat.read(path, as_version=4)
    NotebookClient(book, timeout=600, kernel_name="python3", record_timing=False).execute()
    text, resources = MarkdownExporter().from_notebook_node(book, {"unique_key": path.stem})
    text += f"\n[The notebook of this page]({path.name})\n"
    return {f"{path.stem}.md": text, path.name: nbformat.writes(book), **resources["outputs"]}


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
