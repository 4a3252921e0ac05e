"""Worlds and their Gymnasium faces. Importing this package registers every job's environment."""

from tenure.envs import jobs

jobs.register(
    "bookings",
    "tenure.envs.bookings:JOB",
    jobs.Face("tenure/Bookings-v1", "tenure.envs.bookings.env:BookingsEnv"),
)
jobs.register(
    "supply-line",
    "tenure.envs.supply_line:JOB",
    jobs.Face("tenure/SupplyLine-v1", "tenure.envs.supply_line.env:SupplyLineEnv"),
    jobs.Face(
        "tenure/SupplyLineControl-v1",
        "tenure.envs.supply_line.control:SupplyLineControlEnv",
        "tenure.envs.supply_line.control:SupplyLineControlVectorEnv",
    ),
)
jobs.register(
    "vending",
    "tenure.envs.vending:JOB",
    jobs.Face("tenure/Vending-v1", "tenure.envs.vending.env:VendingEnv"),
    jobs.Face(
        "tenure/VendingManager-v1",
        "tenure.envs.vending.manager:VendingManagerEnv",
        "tenure.envs.vending.manager:VendingManagerVectorEnv",
    ),
)
jobs.register("vending-arena", "tenure.envs.vending.arena:JOB")
