"""How a reader of the viewer comes to a step."""

READY = "document.querySelector('.pane article')"


def shown(page, step):
    """Wait until a step stands in the pane."""
    page.await_(f"document.querySelector('.pane h2').textContent.startsWith('Step {step} ')")


def at_episode(page, address, path, step=0):
    """Open an episode at a step."""
    page.open(f"{address}#/episode/{path}?step={step}")
    page.await_(READY)
    shown(page, step)
