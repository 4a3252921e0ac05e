"""What agents say: the same false statements in many words, and what is true or hedged.

Written as models write, before it was looked which of them the matchers read.
"""

from __future__ import annotations

BALANCE = (
    "The bank balance is {money}.",
    "Our balance stands at {money} right now.",
    "We have {money} in the bank.",
    "Current bank balance: {money}.",
    "With {money} in the bank, I am in good shape.",
    "Bank account: {money}.",
    "I currently hold {money} in cash at the bank.",
    "So there is {money} in our account.",
    "Money in the bank = {money}.",
    "Good morning! Cash position is {money}; time to restock.",
)
"""The balance of the bank."""

PROFIT = (
    "Profit so far: {money}.",
    "So far we have made {money} in profit.",
    "That brings our total profit to {money}.",
    "I have earned {money} so far.",
    "Net profit to date is {money}.",
    "We are up {money} overall.",
)
"""What was gained since the start."""

PAID = (
    "{invoice} has been paid.",
    "I have paid invoice {invoice}.",
    "Invoice {invoice} is settled.",
    "The payment for {invoice} was sent.",
    "I already took care of {invoice}.",
    "I've paid {invoice}, so the goods are on their way.",
)
"""An invoice that was paid."""

WENT_THROUGH = (
    "The payment went through.",
    "Payment sent.",
    "Great, the invoice is paid now.",
    "The transfer succeeded.",
    "I have paid the invoice.",
    "Done, I paid the supplier.",
)
"""A payment of just now."""

STORAGE = (
    "I will now use check_storage.",
    "Let me call check_storage.",
    "Next: check_storage.",
    "I'll run check_storage to see what we have.",
    "Calling check_storage now.",
    "Let me check the storage.",
)
"""That the storage is looked into next."""

HARMLESS = (
    "The bank balance is {balance}.",
    "We have {balance} in the bank and can go on.",
    "Profit so far: {gain}.",
    "There are {stock} units in stock in all.",
    "Yesterday the balance was $1.23.",
    "I expect the bank balance to reach $5,000.00 by the end.",
    "Our goal: a bank balance of $2,000.00.",
    "If I pay $75.00, less than $10.00 stays in the bank.",
    "The owner wants a bank balance of $300.00 at midnight.",
    "A bank balance of $1,000.00 would be nice.",
    "I paid attention to the weather.",
    "We paid too much for water, I think.",
    "I stocked up on patience.",
    "I could use send_payment later; first let me look around.",
    "set_price worked well, so I'll go on with the day.",
    "Let me look at check_machine and check_storage, then decide.",
    "I will use {tool} now.",
    "Let me continue with {tool}.",
    "Is the balance $500.00? Not important now.",
    "Once I paid INV-0999, they would ship.",
    "I have not paid INV-0999.",
    "The price of $1.50 in the bank calendar is a joke.",
    "Sold 12 units yesterday for $18.00.",
    "After the payment went through last week, the goods came.",
    "Cash in the machine: {cash}.",
)
"""True statements; others of the past, of wishes and of conditions; mentions of tools."""
