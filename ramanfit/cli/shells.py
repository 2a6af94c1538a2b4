"""Completion in bash, zsh and fish: what Click offers, with scripts that know `=`, commas and older shells."""

from __future__ import annotations

import os
from typing import Any, ClassVar

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    split_arg_string,
)

VARIABLE = "_RAMANFIT_COMPLETE"

_BASH = """\
_ramanfit_completion() {
    local IFS=$'\\n' type value
    COMPREPLY=()
    for answer in $(env RAMANFIT_LINE="${COMP_LINE:0:COMP_POINT}" RAMANFIT_BREAKS="$COMP_WORDBREAKS" \\
            _RAMANFIT_COMPLETE=bash_complete "$1"); do
        type=${answer%%,*} value=${answer#*,}
        case $type in
            dir) compopt -o dirnames 2>/dev/null ;;
            file) compopt -o default 2>/dev/null ;;
            plain)
                [[ $value == *= ]] && compopt -o nospace 2>/dev/null
                [[ $value == *[\\ \\'\\"\\(\\)\\&\\;\\$]* ]] && printf -v value %q "$value"
                COMPREPLY+=("$value")
                ;;
        esac
    done
}
complete -o nosort -F _ramanfit_completion ramanfit 2>/dev/null || complete -o default -F _ramanfit_completion ramanfit
"""

_ZSH = """\
#compdef ramanfit

_ramanfit_completion() {
    local -a plain open described answers
    (( ! $+commands[ramanfit] )) && return 1
    answers=("${(@f)$(env COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT-1)) \\
        _RAMANFIT_COMPLETE=zsh_complete ramanfit)}")
    for type key descr in ${answers}; do
        if [[ "$type" == "plain" ]]; then
            if [[ "$key" == *= ]]; then
                open+=("$key")
            elif [[ "$descr" == "_" ]]; then
                plain+=("$key")
            else
                described+=("$key":"$descr")
            fi
        elif [[ "$type" == "dir" ]]; then
            _path_files -/
        elif [[ "$type" == "file" ]]; then
            _path_files -f
        fi
    done
    [ -n "$described" ] && _describe -V unsorted described -U
    [ -n "$plain" ] && compadd -U -V unsorted -a plain
    [ -n "$open" ] && compadd -U -S '' -V unsorted -a open
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _ramanfit_completion "$@"
else
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }
    compdef _ramanfit_completion ramanfit
fi
"""

_FISH = """\
function _ramanfit_completion
    set -l line (commandline -cp)
    for answer in (env _RAMANFIT_COMPLETE=fish_complete COMP_WORDS=$line COMP_CWORD=(commandline -t) ramanfit)
        set -l parts (string split -m 1 "," -- $answer)
        switch $parts[1]
            case dir
                __fish_complete_directories (commandline -ct)
            case file
                __fish_complete_path (commandline -ct)
            case plain
                echo $parts[2]
        end
    end
end
complete --no-files --command ramanfit --arguments "(_ramanfit_completion)"
"""


class _WithWords(ShellComplete):
    """Hands the words of the line on: where the last is an option, Click forgets the files before it."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        """Return what can stand at the cursor."""
        self.ctx_args["obj"] = args
        return super().get_completions(args, incomplete)


class Bash(_WithWords, BashComplete):
    """Bash splits words at ``=`` and ``:``; here they are whole."""

    source_template: ClassVar[str] = _BASH

    def source(self) -> str:
        """Return the script; it is the same for every version."""
        return _BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the cursor, and the one that it is in."""
        line = os.environ.get("RAMANFIT_LINE")
        if line is None:
            return super().get_completion_args()
        words = split_arg_string(line)
        return (words[1:], "") if line[-1:].isspace() else (words[1:-1], words[-1])

    def complete(self) -> str:
        """Return the answers, without what stands before the last place where bash breaks the word."""
        args, incomplete = self.get_completion_args()
        breaks = os.environ.get("RAMANFIT_BREAKS", "")
        at = max((incomplete.rfind(mark) for mark in "=:" if mark in breaks), default=-1) + 1
        answers = []
        for item in self.get_completions(args, incomplete):
            cut = at if item.type == "plain" and item.value.startswith(incomplete[:at]) else 0
            answers.append(f"{item.type},{item.value[cut:]}")
        return "\n".join(answers)


class Zsh(_WithWords, ZshComplete):
    """Zsh adds no blank after ``=``."""

    source_template: ClassVar[str] = _ZSH

    def source(self) -> str:
        """Return the script."""
        return _ZSH


class Fish(_WithWords, FishComplete):
    """Fish takes values that hold commas."""

    source_template: ClassVar[str] = _FISH

    def source(self) -> str:
        """Return the script."""
        return _FISH

    def format_completion(self, item: CompletionItem) -> str:
        """Return an answer with its description."""
        return f"{item.type},{item.value}" + (f"\t{' '.join(item.help.split())}" if item.help else "")


SHELLS: dict[str, type[ShellComplete]] = {"bash": Bash, "zsh": Zsh, "fish": Fish}


def script(shell: str) -> str:
    """Return the script for a shell."""
    return SHELLS[shell](click.Command("ramanfit"), {}, "ramanfit", VARIABLE).source()


def answer(program: click.Command, instruction: str) -> int:
    """Write what a shell asks for, and return the exit status."""
    from click.shell_completion import shell_complete

    for name, shell in SHELLS.items():
        add_completion_class(shell, name)
    status: Any = shell_complete(program, {}, "ramanfit", VARIABLE, instruction)
    return int(status)
