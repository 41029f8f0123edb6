"""`forethought doctor`: checks the installation."""

import click
from rich.text import Text

from forethought.app.diagnosis import diagnose
from forethought.cli.invocation import FAILED, Invocation, common_options
from forethought.cli.output import print_document, say
from forethought.folders import user_grammar_folder
from forethought.syntax.languages import load_languages
from forethought.text.sanitizers import visible


@click.command()
@common_options
@click.pass_obj
def doctor(invocation: Invocation) -> None:
    """Check the installation and say how to fix each fault.

    Exits with status 1 if there is a fault. Having no engine is not a fault.
    """
    settings = invocation.load_settings().settings
    own_grammars = user_grammar_folder(invocation.environment)
    languages = load_languages((own_grammars,) if own_grammars.is_dir() else ())
    findings = diagnose(settings, invocation.environment, languages)
    if not all(finding.ok for finding in findings):
        invocation.status = FAILED
    if invocation.json:
        listed = [{"ok": finding.ok, "what": finding.message, "mend": finding.fix} for finding in findings]
        print_document({"ok": invocation.status == 0, "findings": listed})
        return
    for finding in findings:
        mark = ("✗", "red") if not finding.ok else ("–", "yellow") if finding.fix else ("✓", "green")
        say(Text.assemble(mark, f" {visible(finding.message)}"))
        if finding.fix:
            say(Text(f"  → {visible(finding.fix)}", style="yellow"))
