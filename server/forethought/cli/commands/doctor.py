"""`forethought doctor`: checks the installation."""

import click

from forethought.cli.invocation import Invocation, common_options


@click.command()
@common_options
@click.pass_obj
def doctor(invocation: Invocation) -> None:
    """Check the installation and say how to mend each fault."""

    raise NotImplementedError
