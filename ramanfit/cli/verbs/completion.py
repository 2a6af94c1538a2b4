"""``ramanfit completion``: the script that makes a shell complete."""

from __future__ import annotations

import click

from ramanfit.cli.console import talk_options
from ramanfit.cli.verb import Verb


@click.command("completion", cls=Verb)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@talk_options
def command(shell: str) -> None:
    """Print the script that completes commands, files and names.

    \b
    Examples:
      ramanfit completion bash > ramanfit.bash   then source it in ~/.bashrc
      ramanfit completion zsh > _ramanfit        then source it in ~/.zshrc
      ramanfit completion fish > ramanfit.fish   into ~/.config/fish/completions

    A new shell then completes options, files, and names of recipes, columns, points, settings and topics.
    """
    from ramanfit.cli.shells import script
    from ramanfit.tables.sink import Sink

    with Sink() as sink:
        sink.write(script(shell).encode())
