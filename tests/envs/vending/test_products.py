from tenure.envs.chance import Chance
from tenure.envs.vending.products import draw_catalogue, pool


def test_the_pool_has_at_least_sixty_products_with_unique_names():
    assert len({entry.id for entry in pool()}) == len(pool()) >= 60
    assert len({entry.name for entry in pool()}) == len(pool())


def test_a_catalogue_can_fill_the_slots_of_each_size_with_distinct_products():
    for seed in range(20):
        catalogue = draw_catalogue(Chance(seed))
        assert 30 <= len(catalogue) <= 40
        assert min(sum(p.size == size for p in catalogue) for size in ("small", "large")) >= 15


def test_catalogues_differ_between_seeds_and_not_within_one():
    assert draw_catalogue(Chance(1)) == draw_catalogue(Chance(1))
    assert draw_catalogue(Chance(1)) != draw_catalogue(Chance(2))


def test_every_product_can_be_sold_at_a_profit():
    for product in draw_catalogue(Chance(3)):
        assert product.wholesale_cents < product.reference_cents
        assert product.elasticity_permille < -1000
        assert product.base_sales_milliunits >= 500
