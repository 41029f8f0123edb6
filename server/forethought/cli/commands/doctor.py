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

    from forethought.app.installation import diagnose
    from forethought.cli.output import print_document, say
    from forethought.text.sanitizers import visible

    findings = diagnose(invocation.load_settings(None).settings, invocation.environment)
    if not all(finding.ok for finding in findings):
        invocation.status = FAILED
    if invocation.json:
        listed = [{"ok": finding.ok, "what": finding.what, "mend": finding.mend} for finding in findings]
        print_document({"ok": invocation.status == 0, "findings": listed})
        return
    for finding in findings:
        mark = ("✗", "red") if not finding.ok else ("–", "yellow") if finding.mend else ("✓", "green")
        say(Text.assemble(mark, f" {visible(finding.what)}"))
        if finding.mend:
            say(Text(f"  → {visible(finding.mend)}", style="yellow"))
