"""The laptop protocol: stubs of planted behaviour rank as planted; scores are the reference's."""

import sys
import warnings

import numpy as np
import pytest

from limner.errors import BadValue, NotFound, UnreadableFile
from limner.evaluate.protocols import boxed, laptop
from limner.evaluate.protocols.objects import entries
from tests.evaluate.small import made

PYTHON = (sys.executable, "-S", "-E", "-c")

# What a stub does before it hands out an answer that was made beforehand: {0} is its folder.
STUB = "import shutil, sys, time, os; name = os.path.basename(sys.argv[1]); "
COPY = "shutil.copy(os.path.join({folder!r}, name), sys.argv[2])"


def discs(shift=0, side=48):
    rows, columns = np.mgrid[:side, :side]
    labels = ((rows - 15) ** 2 + (columns - 14 - shift) ** 2 < 80).astype(np.uint8)
    labels[(rows - 33) ** 2 + (columns - 33 + shift) ** 2 < 60] = 2
    return labels


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "cases").mkdir()
    for name in ("2D_CT_1", "2D_US_1"):
        picture = (discs() > 0) * np.uint8(200)
        boxed.write({"imgs": picture, "gts": discs()}, tmp_path / "cases" / f"{name}.npz")
    return tmp_path / "cases"


def stub(tmp_path, name, *, shift, before=""):
    """A command that answers with discs that are `shift` pixels off, after doing something."""
    own = tmp_path / name
    own.mkdir()
    for case in ("2D_CT_1", "2D_US_1"):
        boxed.write({"segs": discs(shift)}, own / f"{case}.npz")
    return (*PYTHON, STUB + before + COPY.format(folder=str(own)))


def test_stubs_rank_as_planted(folder, tmp_path):
    models = {
        "fast and bad": stub(tmp_path, "bad", shift=6),
        "slow and good": stub(tmp_path, "good", shift=0, before="time.sleep(0.6); "),
        "balanced": stub(tmp_path, "balanced", shift=4, before="time.sleep(0.3); "),
        "good but over": stub(tmp_path, "over", shift=0, before="time.sleep(30); "),
        "crashes": stub(tmp_path, "crash", shift=0, before="sys.exit(3); "),
    }
    lines = laptop.run(models, boxed.cases(folder), cap_s=1.5)
    found = laptop.standings(lines, cap_s=1.5)
    # DSC, NSD and time of good 1 1 3, balanced 2 2 2, bad 3 3 1; the two that fail share 4 and 5
    assert [(each.model, round(each.rank, 3)) for each in found] == [
        ("slow and good", 1.667),
        ("balanced", 2.0),
        ("fast and bad", 2.333),
        ("good but over", 4.5),
        ("crashes", 4.5),
    ]
    over = [each for each in lines if each.model == "good but over"]
    assert {(each.dsc, each.nsd) for each in over} == {(0.0, 0.0)}
    assert all("over the cap of 1.5 s" in each.failure for each in over)
    assert all(1.5 <= each.seconds < 3 for each in over)
    assert found[0].means["dsc"] == found[0].means["nsd"] == 1
    assert found[-1].means["seconds"] == 1.5  # a crash is not the fastest answer
    assert [each.failed for each in found] == [0, 0, 0, 2, 2]


def test_over_the_cap_on_memory_counts_as_nothing(folder, tmp_path):
    greedy = "held = bytearray(200 << 20); time.sleep(30); "
    lines = laptop.run(
        {"greedy": stub(tmp_path, "greedy", shift=0, before=greedy)},
        boxed.cases(folder)[:1],
        cap_s=20,
        cap_mib=100,
    )
    assert lines[0].dsc == 0
    assert "over the cap of 100" in lines[0].failure


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (None, "no answer"),
        ({"masks": discs()}, "holds no 'segs'"),
        ({"segs": discs(side=47)}, "shape (47, 47)"),
        ({"segs": discs().astype(float)}, "float64"),
        ({"segs": np.zeros((900, 900), np.int64)}, "larger than"),
    ],
)
def test_an_answer_that_is_none_counts_as_nothing(folder, tmp_path, held, said):
    answer = tmp_path / "answer.npz"
    if held is not None:
        boxed.write(held, answer)
    code = (
        f"import os, shutil, sys\nif os.path.exists({str(answer)!r}):\n"
        f"    shutil.copy({str(answer)!r}, sys.argv[2])"
    )
    (line,) = laptop.run({"stub": (*PYTHON, code)}, boxed.cases(folder)[:1], cap_s=10)
    assert (line.dsc, line.nsd) == (0, 0)
    assert said in line.failure


def test_a_damaged_answer_counts_as_nothing(folder):
    code = "import sys; open(sys.argv[2], 'wb').write(b'PK no archive')"
    (line,) = laptop.run({"stub": (*PYTHON, code)}, boxed.cases(folder)[:1], cap_s=10)
    assert line.dsc == 0
    assert line.failure


def test_a_model_is_not_given_the_labels(folder, tmp_path):
    copied = tmp_path / "given.npz"
    code = f"import shutil, sys; shutil.copy(sys.argv[1], {str(copied)!r})"
    laptop.run({"curious": (*PYTHON, code)}, boxed.cases(folder)[:1], cap_s=10)
    with np.load(copied) as held:
        assert sorted(held.files) == ["boxes", "imgs"]
        # the first disc: columns 6 to 22, rows 7 to 23; the second: 26 to 40 both ways
        assert held["boxes"].tolist() == [[6, 7, 22, 23], [26, 26, 40, 40]]


def reference(segs, truth, spacing_mm):
    """The challenge's own calculation, with the package that it uses."""
    module = pytest.importorskip("surface_distance.metrics")
    if truth.ndim == 2:
        segs, truth, spacing_mm = segs[..., None], truth[..., None], (1, 1, 1)
    overlap, surface = [], []
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore", DeprecationWarning)  # of names that SciPy has moved
        patch.setattr(np, "Inf", np.inf, raising=False)  # a name that NumPy 2 has dropped
        for number in range(1, truth.max() + 1):
            ours, theirs = segs == number, truth == number
            overlap.append(module.compute_dice_coefficient(theirs, ours))
            apart = module.compute_surface_distances(theirs, ours, spacing_mm=spacing_mm)
            surface.append(module.compute_surface_dice_at_tolerance(apart, 2.0))
    mean = float(np.mean(overlap))
    return mean, float(np.mean(surface)) if mean > 0.2 else 0.0


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("shape", [(40, 50), (9, 30, 35)])
def test_scores_are_the_references(seed, shape):
    rng = np.random.default_rng(seed)
    spacing_mm = (1.0,) * 2 if len(shape) == 2 else (2.5, 0.8, 0.7)
    truth, segs = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    for number in (1, 2):
        low = [int(rng.integers(1, n // 3)) for n in shape]
        high = [a + int(rng.integers(3, n // 2)) for a, n in zip(low, shape, strict=True)]
        truth[tuple(map(slice, low, high))] = number
        moved = [a + int(rng.integers(0, 2)) for a in low]
        segs[tuple(map(slice, moved, high))] = number
    if seed == 3:
        segs = np.where(rng.random(shape) < 0.9, 0, segs)  # a DSC under 0.2
    assert laptop.scores(segs, truth, spacing_mm) == pytest.approx(
        reference(segs, truth, spacing_mm), abs=1e-9
    )


def test_nsd_is_nothing_up_to_a_dsc_of_a_fifth():
    truth, segs = np.zeros((1, 20), int), np.zeros((1, 20), int)
    truth[0, :10], segs[0, 9:19] = 1, 1  # one pixel of ten is shared: 2 * 1 / 20
    assert laptop.scores(segs, truth, (1.0, 1.0)) == (0.1, 0.0)
    segs[:] = 0
    segs[0, 8:18] = 1  # two of ten: exactly the bar, which is not above it
    assert laptop.scores(segs, truth, (1.0, 1.0)) == (0.2, 0.0)


def test_ties_share_their_ranks_and_modalities_weigh_the_same():
    def line(model, modality, dsc, seconds):
        return laptop.Line(model, "x", modality, dsc, dsc, seconds, 1.0)

    lines = [
        *(line("a", "CT", 0.9, 1.0) for _ in range(3)),
        *(line("b", "CT", 0.9, 2.0) for _ in range(3)),
        line("a", "US", 0.5, 1.0),
        line("b", "US", 0.6, 2.0),
    ]
    one, other = laptop.standings(lines)
    # b: CT 1.5 1.5 2, US 1 1 2; a: CT 1.5 1.5 1, US 2 2 1
    assert (one.model, other.model) == ("a", "b")
    assert one.rank == other.rank == 1.5
    assert one.means["dsc"] == pytest.approx(0.7)
    assert other.ranks == {"dsc": 1.25, "nsd": 1.25, "seconds": 2.0}


def test_listed_objects_become_cases(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "cases").mkdir()
    data = made(tmp_path / "data")
    found = boxed.written(data, entries(data, "choose"), tmp_path / "cases")
    assert len(found) == 5
    assert {each.modality for each in found} == {"X-ray"}
    labels, spacing_mm = boxed.labels_of(found[0])
    assert spacing_mm == (1.0, 1.0)
    assert np.bincount(labels.ravel()).tolist() == [1200 - 136, 36, 100]
    asked = boxed.question(found[0])
    assert asked["boxes"].tolist() == [[3, 2, 8, 7], [20, 12, 29, 21]]
    assert asked["imgs"].dtype == np.uint8


def test_a_volume_has_its_spacing_and_boxes_with_slices(tmp_path):
    labels = np.zeros((4, 5, 6), np.uint8)
    labels[1:3, 2:4, 3:6] = 1
    held = {"imgs": labels, "gts": labels, "spacing": np.array([0.5, 0.7, 3.0])}
    boxed.write(held, tmp_path / "3D_MR_1.npz")
    (case,) = boxed.cases(tmp_path)
    assert boxed.labels_of(case)[1] == (3.0, 0.7, 0.5)
    assert boxed.question(case)["boxes"].tolist() == [[3, 2, 1, 5, 3, 2]]


def test_labels_may_lie_in_another_folder(folder, tmp_path):
    other = tmp_path / "gts"
    other.mkdir()
    boxed.write({"gts": discs(1)}, other / "2D_CT_1.npz")
    with pytest.raises(NotFound, match="2D_US_1"):
        boxed.cases(folder, other)
    boxed.write({"gts": discs(1)}, other / "2D_US_1.npz")
    assert np.array_equal(boxed.labels_of(boxed.cases(folder, other)[0])[0], discs(1))


def test_what_can_be_put_right_is_said(tmp_path):
    with pytest.raises(NotFound, match=r"no \.npz case"):
        boxed.cases(tmp_path)
    (tmp_path / "2D_CT_1.npz").write_bytes(b"no archive")
    with pytest.raises(UnreadableFile, match="damaged"):
        boxed.question(boxed.cases(tmp_path)[0])
    with pytest.raises(BadValue, match="no model"):
        laptop.run({}, boxed.cases(tmp_path))
