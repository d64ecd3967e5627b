"""What a person reads when the demo is ready: where everything is, and how to get in."""

from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from ._demo_folder import DemoFolder


def show(told: dict[str, Any], folder: DemoFolder) -> None:
    """Print addresses and log-ins of `demo.json`."""
    console = Console(highlight=False)
    console.print(_addresses(told))
    for tenant in told["tenants"]:
        console.print(_people(tenant))
    console.print(f"Everything in {folder.demo_json}; logs in {folder.logs}. Ctrl-C stops the demo.")


def _addresses(told: dict[str, Any]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title="Zahlstelle is ready", title_justify="left", title_style="bold")
    table.add_column("for")
    table.add_column("address", no_wrap=True)
    for tenant in told["tenants"]:
        table.add_row(f"citizens of {tenant['name']}", f"{told['base_url']}/{tenant['slug']}/")
    table.add_row("the treasury (Kasse)", told["kasse_url"])
    table.add_row("operators (Betrieb)", told["operator_url"])
    table.add_row("the sandbox (provider and bank)", told["sandbox_url"])
    table.add_row("mails to citizens (Postfach)", told["mailbox_url"])
    return table


def _people(tenant: dict[str, Any]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title=tenant["name"], title_justify="left", title_style="bold")
    for column in ("role", "e-mail", "password"):
        table.add_column(column, no_wrap=True)
    for user in tenant["users"]:
        table.add_row(user["role"], user["email"], user["password"])
    return table
