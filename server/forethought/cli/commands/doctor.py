"""`forethought doctor`: checks the installation."""

import click

from forethought.cli.invocation import FAILED, Invocation, common_options


@click.command()
@common_options
@click.pass_obj
def doctor(invocation: Invocation) -> None:
    """Check the installation and say how to mend each fault.

    Status 1 when there is one. To have no engine is none.
    """
    from rich.text import Text

    from forethought.app.diagnosis import diagnose
    from forethought.cli.output import print_document, say
    from forethought.folders import user_grammar_folder
    from forethought.syntax.languages import load_languages
    from forethought.text.sanitizers import visible

    settings = invocation.load_settings(None).settings
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
