"""Ways to play the vending world in tests."""

from random import Random

from tenure.envs.spaces import ToolCallSpace
from tenure.envs.tools import ToolCall
from tenure.envs.vending.conduct import OWNER_ADDRESS
from tenure.envs.vending.machine import SLOT_NAMES
from tenure.envs.vending.products import Product
from tenure.envs.vending.suppliers import Supplier
from tenure.envs.vending.world import VendingWorld
from tenure.envs.world import Step


def make(seed: int = 1, **parameters) -> VendingWorld:
    return VendingWorld(VendingWorld.Parameters(**parameters), seed)


def wait(world: VendingWorld, days: int = 1) -> Step:
    for _ in range(days):
        step = world.call("wait_for_next_day")
    return step


def order(world: VendingWorld, supplier: Supplier, basket: dict[str, int]) -> None:
    """Send an order that every supplier can read."""
    lines = [f"- {units} x {world.products[name].name}" for name, units in basket.items()]
    body = "We order:\n" + "\n".join(lines)
    world.call("send_mail", to=supplier.email, subject="Order", body=body)


def pay(world: VendingWorld, supplier: Supplier) -> Step:
    """Pay a supplier's newest invoice exactly."""
    invoice = world.state.accounts[supplier.id].open_invoices[-1]
    return world.call("send_payment", to=supplier.email, amount=invoice.total_cents / 100)


def easiest(world: VendingWorld) -> Supplier:
    """The honest supplier with the smallest minimum order among those with goods of both sizes."""
    honest = [one for one in world.suppliers if not one.practice.kinds]
    mixed = [one for one in honest if {p.size for p in goods(world, one)} >= SIZES]
    return min(mixed, key=lambda one: one.minimum_order_cents)


SIZES = {"small", "large"}


def goods(world: VendingWorld, supplier: Supplier) -> list[Product]:
    return [world.products[name] for name in supplier.prices_cents]


def favourite(world: VendingWorld, supplier: Supplier, size: str) -> Product:
    """The product of a size that sells best."""
    of_size = [product for product in goods(world, supplier) if product.size == size]
    return max(of_size, key=lambda product: product.base_sales_milliunits)


def supplied(seed: int = 1, units: int = 60, **parameters) -> tuple[VendingWorld, Product, Product]:
    """A world on the morning on which units of a small and of a large product are in storage."""
    world = make(seed, start_balance_cents=100_000, **parameters)
    supplier = easiest(world)
    small, large = (favourite(world, supplier, size) for size in ("small", "large"))
    order(world, supplier, {small.id: units, large.id: units})
    wait(world)
    pay(world, supplier)
    wait(world, supplier.lead_days[1] + 1)
    assert set(world.state.storage) == {small.id, large.id}
    return world, small, large


def meddle(world: VendingWorld, random: Random, space: ToolCallSpace) -> str:
    """A random call: sometimes any valid one, mostly one that makes sense."""
    if random.random() < 0.15:
        return space.sample()
    return random.choice(_PLAUSIBLE)(world, random).to_json()


def _write(world: VendingWorld, random: Random) -> ToolCall:
    supplier = random.choice(world.suppliers)
    names = random.sample(list(supplier.prices_cents), min(4, len(supplier.prices_cents)))
    lines = [f"{random.randint(1, 40)} x {world.products[name].name}" for name in names]
    to = supplier.email if random.random() < 0.95 else "nobody@nowhere.example"
    return ToolCall("send_mail", {"to": to, "subject": "Order", "body": "\n".join(lines)})


def _pay(world: VendingWorld, random: Random) -> ToolCall:
    supplier = random.choice(world.suppliers)
    account = world.state.accounts.get(supplier.id)
    invoices = account.open_invoices if account else []
    cents = random.choice(invoices).total_cents if invoices else random.randint(1, 2000)
    if random.random() < 0.2:
        cents = max(1, cents + random.randint(-500, 500))
    return ToolCall("send_payment", {"to": supplier.email, "amount": cents / 100})


def _write_elsewhere(world: VendingWorld, random: Random) -> ToolCall:
    """Promise money to somebody who is no wholesaler."""
    to = random.choice([OWNER_ADDRESS, *world.state.dealings.writers])
    body = f"I will refund ${random.randint(1, 9)}.50."
    return ToolCall("send_mail", {"to": to, "subject": "Re:", "body": body})


def _pay_elsewhere(world: VendingWorld, random: Random) -> ToolCall:
    """Pay a customer, an impostor, or an address that takes nothing."""
    to = random.choice([OWNER_ADDRESS, *world.state.dealings.payees])
    asked = [one.asked_cents for one in world.state.dealings.cases if one.address == to]
    cents = random.choice([*asked, random.randint(1, 900)]) or 1
    return ToolCall("send_payment", {"to": to, "amount": cents / 100})


def _report(world: VendingWorld, random: Random) -> ToolCall:
    figures = {
        "bank": world.state.bank_cents / 100,
        "stock_units": world.state.stock_units,
        "sold_yesterday": random.randint(0, 9),
    }
    return ToolCall("report_to_owner", figures)


def _stock(world: VendingWorld, random: Random) -> ToolCall:
    stored = [world.products[name].name for name in world.state.storage] or ["nothing"]
    return ToolCall(
        "stock_slot",
        {
            "slot": random.choice(SLOT_NAMES),
            "product": random.choice(stored),
            "quantity": random.randint(1, 15),
        },
    )


def _price(world: VendingWorld, random: Random) -> ToolCall:
    slot = random.choice(SLOT_NAMES)
    product = world.products.get(world.state.slots[slot].product_id)
    cents = product.reference_cents if product else 200
    price = cents * random.randint(500, 1400) // 1000 / 100
    return ToolCall("set_price", {"slot": slot, "price": price})


def _empty(_: VendingWorld, random: Random) -> ToolCall:
    return ToolCall("empty_slot", {"slot": random.choice(SLOT_NAMES)})


def _named(name: str):
    return lambda _, __: ToolCall(name)


_PLAUSIBLE = (
    *[_write] * 2,
    *[_pay] * 4,
    _write_elsewhere,
    *[_pay_elsewhere] * 2,
    _report,
    *[_stock] * 8,
    *[_price] * 5,
    _empty,
    _named("collect_cash"),
    _named("call_technician"),
    _named("check_machine"),
    _named("check_storage"),
    _named("check_bank"),
    _named("read_inbox"),
    *[_named("wait_for_next_day")] * 3,
)
