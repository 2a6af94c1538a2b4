"""``ramanfit manual``: the manual that is in the package."""

from __future__ import annotations

import re
import sys
from importlib.resources import files

import click

from ramanfit.cli.candidates import complete_topic
from ramanfit.cli.console import talk_options
from ramanfit.cli.verb import Verb

TOPICS = (
    *("start", "tasks", "lines", "recipes", "formulas", "columns", "tables", "experiment", "records", "before"),
    *("covariates", "formats", "statistics", "measured", "makefile", "cluster", "python", "troubleshooting"),
    *("errors", "options", "house"),
)
"""What the newest user reads first comes first."""

_CODE = re.compile(r"^```\w*\n(.*?)^```\n", re.S | re.M)


def pages() -> dict[str, str]:
    """Return the texts of the manual by topic."""
    folder = files("ramanfit").joinpath("manual")
    return {topic: folder.joinpath(f"{topic}.md").read_text(encoding="utf-8") for topic in TOPICS}


@click.command("manual", cls=Verb)
@click.argument("topic", required=False, shell_complete=complete_topic)
@talk_options
def command(topic: str | None) -> None:
    """Show the manual, or name its topics.

    \b
    Examples:
      ramanfit manual                    what there is
      ramanfit manual tables             one topic
      ramanfit manual tables | less      page by page
    """
    texts = pages()
    if topic is None:
        width = max(map(len, texts))
        text = "".join(f"{name:<{width}}  {page.splitlines()[0].lstrip('# ')}\n" for name, page in texts.items())
    elif topic in texts:
        text = _shown(texts[topic])
    else:
        raise click.UsageError(f"no topic {topic!r}: {_hint(topic, texts)}")
    from ramanfit.tables.sink import Sink

    with Sink() as sink:
        sink.write(text.encode(sys.stdout.encoding or "utf-8", "replace"))


def _hint(topic: str, texts: dict[str, str]) -> str:
    """Return the topics whose headings have the word, else the topic whose name is nearest."""
    word = re.compile(rf"^#.*\b{re.escape(topic)}", re.I | re.M)
    named = [name for name, page in texts.items() if word.search(page)]
    if named and not any(topic in name for name in texts):
        return f"see {' or '.join(f'`ramanfit manual {name}`' for name in named[:2])}"
    from ramanfit.recipe.settings import nearest

    return nearest(topic, texts)


def _shown(page: str) -> str:
    """Return a page as it stands; on a terminal as rich draws it, but for blocks of code: they are copied."""
    if sys.stdout is None or not sys.stdout.isatty():
        return page
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console()
    with console.capture() as captured:
        for i, part in enumerate(_CODE.split(page)):
            if i % 2:
                console.out(f"\n{part}", style="bold", highlight=False)
            elif part.strip():
                console.print(Markdown(part))
    return captured.get()
