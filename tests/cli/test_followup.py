"""`limner followup`: what its file may say, and the sentence for what it may not."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from limner.cases.save import write
from limner.cli import _followup_file
from limner.cli._followup_course import followed
from limner.cli._followup_draw import Drawing, Mark
from limner.cli._followup_file import load
from limner.cli._followup_judge import judged
from limner.cli._followup_pdf import _latin
from limner.errors import BadValue, LimnerError, NotFound, UnknownName, UnreadableFile
from limner.grid import Grid
from limner.mask import Mask, Object
from tests.cli.scans import limner, volume

TYPED = """
patient = "P-17"
criteria = ["recist", "irecist", "who"]
confirm = true

[[visit]]
name = "baseline"
date = 2026-01-05
[[visit]]
name = "week 6"
date = 2026-02-16
[[visit]]
name = "week 12"
date = "2026-03-30"

[[lesion]]
name = "T1"
organ = "liver"
[lesion.at]
baseline = { long_mm = 50, short_mm = 40 }
"week 6" = [{ long_mm = 20, short_mm = 9 }, { long_mm = 10, short_mm = 8 }]
"week 12" = { long_mm = 28, short_mm = 20 }
[[lesion]]
name = "T2"
organ = "liver"
at = { baseline = { long_mm = 20, short_mm = 15 }, "week 6" = "too small", "week 12" = "gone" }
[[lesion]]
name = "N"
organ = "pleura"
role = "non-target"
at = { baseline = "present", "week 6" = "present, larger", "week 12" = "present" }
"""


VISIT = "[[visit]]\nname='x'\ndate=2026-01-05\n"


def told(tmp_path, text, name="course.toml"):
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    return file


def test_sizes_may_be_typed_and_need_no_mask(tmp_path):
    file = told(tmp_path, TYPED)
    said = limner("followup", file, "-o", tmp_path / "out", "--pdf")
    assert said.code == 0, said.err
    # 50 + 20 = 70; 20 + 10 + 5 = 35, -50 %; 28 + 0 = 28, -60 %: borne out after six weeks
    assert "70.0 mm 35.0 mm 28.0 mm" in " ".join(said.out.split())
    assert "best overall response PR (confirmed where it must be), first on 16 February" in said.out
    text = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert "Key slices" not in text
    assert "&#x27;T1&#x27; is now 2 parts, which are added." in text


def test_json_says_the_same(tmp_path):
    found = json.loads(limner("followup", told(tmp_path, TYPED), "--json").out)
    assert [p["sum_mm"] for p in found["responses"]["recist"]] == [70.0, 35.0, 28.0]
    assert found["best"]["irecist"]["response"] == "iPR"
    assert found["visits"][0]["date"] == "2026-01-05"


def test_several_patients_have_a_page_between_them(tmp_path):
    one = told(tmp_path, TYPED)
    worse = TYPED.replace("P-17", "P/18").replace(
        '"week 12" = { long_mm = 28', '"week 12" = { long_mm = 60'
    )
    other = told(tmp_path, worse, "other.toml")
    said = limner("followup", one, other, "-o", tmp_path / "out")
    assert said.code == 0, said.err
    assert said.out.splitlines()[1].split()[:4] == ["P-17", "PR", "iPR", "PD"]
    assert said.out.splitlines()[2].split()[:4] == ["P/18", "SD", "iPR", "PD"]
    assert (tmp_path / "out" / "P-17" / "index.html").is_file()
    text = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert 'href="P_18/index.html"' in text
    assert text.count('<svg class="chart"') == 2
    assert "the patient 'P-17'" in limner("followup", one, one).err


def test_a_plan_is_read_from_json_too(tmp_path):
    file = told(tmp_path, '{"visit": [{"date": "2026-01-05", "mask": "m.nii.gz"}]}', "c.json")
    plan = load(file)
    assert plan.visits[0].on == date(2026, 1, 5)
    assert plan.visits[0].mask == tmp_path / "m.nii.gz"
    assert plan.visits[0].name == "2026-01-05"


def test_the_file_of_the_page_is_one(tmp_path):
    page = Path(__file__).parents[2] / "docs/how-to/follow-lesions.md"
    block = page.read_text(encoding="utf-8").split("```toml\n")[1].split("```")[0]
    plan = load(told(tmp_path, block))
    assert plan.criteria == ("recist", "irecist")
    assert plan.lesions[0].at["week 6"] == (3, 7)
    assert plan.visits[0].ignore == (4,)


@pytest.mark.parametrize(
    "text, error, sentence",
    [
        ("visit = 3", BadValue, "Write [[visit]] before each one"),
        ("vsit = 3", UnknownName, "Did you mean 'visit'"),  # misspelt
        ('criteria = "recist2"', UnknownName, "Did you mean 'recist'"),
        ('[[visit]]\ndate = "5.1.2026"', BadValue, "Write it as 2026-01-31"),
        ("[[lesion]]\nname = 'a'\norgan = 'b'\nrole = 'index'", UnknownName, "role of a lesion"),
        ("[[lesion]]\nname = 'a'", BadValue, "Give both"),
        ("[[lesion]]\nname = 'a'\norgan = 'b'\nat = { x = 3 }", UnknownName, "visit called 'x'"),
        (VISIT + "[[lesion]]\nname='a'\norgan='b'\nat={x=1.5}", BadValue, "an object's number"),
        ("confirm = 'yes'", BadValue, "Write true or false"),
        ("patient = ", UnreadableFile, "cannot be read"),
    ],
)
def test_what_cannot_be_meant_is_a_sentence(tmp_path, text, error, sentence):
    with pytest.raises(error) as raised:
        load(told(tmp_path, text))
    assert sentence in str(raised.value)


def test_a_file_that_is_not_there_or_no_text(tmp_path):
    (tmp_path / "latin.toml").write_bytes(b'patient = "M\xfcller"')
    with pytest.raises(UnreadableFile, match="cannot be read"):
        load(tmp_path / "latin.toml")
    with pytest.raises(NotFound, match="follow-lesions.md"):
        load(tmp_path / "none.toml")
    assert limner("followup", told(tmp_path, "")).err == (
        "limner: There is no visit. Write [[visit]] with a date and a mask for each.\n"
    )


def masks(tmp_path, *visits):
    """One mask a visit: lists of (id, first row, rows, name) of blocks 12 columns wide."""
    grid = Grid((6, 60, 60), steps_mm=((0, 0, 3.0), (0, 1.0, 0), (1.0, 0, 0)))
    for number, blocks in enumerate(visits):
        mask = Mask(grid)
        for own, first, rows, name in blocks:
            inside = np.zeros(grid.shape, bool)
            inside[2:4, first : first + rows, 10:22] = True
            mask = mask.with_object(inside, Object(own, name=name))
        write(mask, tmp_path / f"m{number}.nii.gz")


def plan(*lesions, visits=2):
    parts = [
        f'[[visit]]\nname = "v{n}"\ndate = 2026-0{n + 1}-05\nmask = "m{n}.nii.gz"'
        for n in range(visits)
    ]
    return "\n".join([*parts, *(f"[[lesion]]\n{each}" for each in lesions)])


def test_an_object_that_nobody_names_at_the_baseline_is_refused(tmp_path):
    masks(tmp_path, [(1, 5, 14, ""), (2, 40, 14, "")], [(1, 5, 14, "")])
    file = told(tmp_path, plan("name = 'A'\norgan = 'liver'\nat = { v0 = 1 }"))
    said = limner("followup", file)
    assert said.code == 2
    assert "holds the objects 2, which no lesion names" in said.err


def test_an_object_that_is_not_there_is_refused(tmp_path):
    masks(tmp_path, [(1, 5, 14, "")], [(1, 5, 14, "")])
    file = told(tmp_path, plan("name = 'A'\norgan = 'liver'\nat = { v0 = 7 }"))
    assert "no lesion in the mask of 'v0' called '7'" in limner("followup", file).err


def test_two_lesions_cannot_be_one_object(tmp_path):
    masks(tmp_path, [(1, 5, 14, "")], [(1, 5, 14, "")])
    each = "name = '{}'\norgan = 'liver'\nat = {{ v0 = 1 }}"
    file = told(tmp_path, plan(each.format("A"), each.format("B")))
    assert "object 1 is both 'A' and 'B'" in limner("followup", file).err


def test_names_in_the_masks_go_before_places(tmp_path):
    """The blocks have changed places, and their names say so."""
    masks(tmp_path, [(1, 5, 14, "A"), (2, 40, 16, "B")], [(1, 40, 14, "A"), (2, 5, 16, "B")])
    file = told(tmp_path, plan("name = 'A'\norgan = 'liver'", "name = 'B'\norgan = 'liver'"))
    out = limner("followup", file, "-o", tmp_path / "out").out
    assert "has split" not in out
    rows = (tmp_path / "out" / "lesions.csv").read_text(encoding="utf-8").splitlines()
    objects = [row.split(",")[13] for row in rows[1:]]
    assert objects == ["1", "1", "2", "2"]


def test_tracking_uids_go_before_places_too(tmp_path):
    grid = Grid((6, 60, 60), steps_mm=((0, 0, 3.0), (0, 1.0, 0), (1.0, 0, 0)))
    low, high = np.zeros((2, *grid.shape), bool)
    low[2:4, 5:19, 10:22] = high[2:4, 40:54, 10:22] = True
    before = Mask.of(low, grid, tracking_uid="2.25.1").with_object(
        high, Object(2, tracking_uid="2.25.2")
    )
    after = Mask.of(high, grid, tracking_uid="2.25.1").with_object(
        low, Object(2, tracking_uid="2.25.2")
    )
    for number, mask in enumerate((before, after)):
        write(mask, tmp_path / f"m{number}.nii.gz")
    each = "name = '{}'\norgan = 'liver'\nat = {{ v0 = {} }}"
    file = told(tmp_path, plan(each.format("A", 1), each.format("B", 2)))
    limner("followup", file, "-o", tmp_path / "out")
    rows = (tmp_path / "out" / "lesions.csv").read_text(encoding="utf-8").splitlines()
    assert [row.split(",")[13] for row in rows[1:]] == ["1", "1", "2", "2"]


def test_two_objects_in_the_place_of_one_are_its_parts(tmp_path):
    masks(tmp_path, [(1, 10, 40, "")], [(1, 10, 14, ""), (2, 34, 14, "")])
    file = told(tmp_path, plan("name = 'A'\norgan = 'liver'\nat = { v0 = 1 }"))
    out = limner("followup", file).out
    assert "2 objects lie where 'A' was: it has split." in out
    assert "was not aligned" in out


def test_one_object_in_the_place_of_two_holds_both(tmp_path):
    masks(tmp_path, [(1, 10, 15, ""), (2, 30, 18, "")], [(5, 10, 38, "")])
    each = "name = '{}'\norgan = 'liver'\nat = {{ v0 = {} }}"
    file = told(tmp_path, plan(each.format("A", 1), each.format("B", 2)))
    assert "'A' has merged into 'B'" in limner("followup", file).out


def test_a_folder_without_visits(tmp_path):
    said = limner("followup", tmp_path, "--draft", tmp_path / "c.toml")
    assert said.code == 2
    assert "no folder of a visit" in said.err
    (tmp_path / "first").mkdir()
    assert "not named by a date" in limner("followup", tmp_path, "--draft", tmp_path / "c.toml").err


def test_a_draft_never_overwrites_what_a_reader_chose(tmp_path):
    (tmp_path / "c.toml").write_text("mine")
    said = limner("followup", tmp_path, "--draft", tmp_path / "c.toml")
    assert (said.code, "there already" in said.err) == (2, True)
    assert (tmp_path / "c.toml").read_text() == "mine"


def test_a_mask_of_another_scan_is_refused(tmp_path):
    masks(tmp_path, [(1, 5, 14, "")])
    volume(tmp_path / "scan.nii.gz")
    text = plan("name = 'A'\norgan = 'liver'\nat = { v0 = 1 }", visits=1)
    text = text.replace('mask = "m0.nii.gz"', 'mask = "m0.nii.gz"\nscan = "scan.nii.gz"')
    assert "Give the scan that was outlined" in limner("followup", told(tmp_path, text)).err


def test_a_drawing_is_escaped():
    text = Drawing((10, 10), (Mark("text", ((1, 2),), "tick", "<b> & c"),), "a <title>").svg()
    assert "&lt;b&gt; &amp; c" in text
    assert 'aria-label="a &lt;title&gt;"' in text


def test_letters_that_a_pdf_lacks_lose_their_marks():
    assert _latin("Łukasz, Müller, −3") == "?ukasz, Müller, –3"
    assert _latin("Čapek 李") == "Capek ?"


class TestRuler:
    def photograph(self, tmp_path):
        """A wound of 40 x 30 and a card of 20 x 20 pixels."""
        grid = Grid.picture(100, 100)
        wound, card = np.zeros((2, 1, 100, 100), bool)
        wound[0, 10:50, 10:40] = True
        card[0, 70:90, 70:90] = True
        mask = Mask.of(wound, grid, label="wound").with_object(card, Object(2, "card"))
        write(mask, tmp_path / "mask.nii.gz")
        return tmp_path / "mask.nii.gz"

    def test_two_places_and_a_length(self, tmp_path):
        """Fifty pixels are 25 mm, so the wound has 1200 / 4 mm2."""
        file = self.photograph(tmp_path)
        said = limner("measure", file, "--ruler", "10,10 40,50 25", "--also", "planar")
        assert said.code == 0, said.err
        assert "300.0 mm² by the ruler" in said.out
        assert "circularity" in said.out

    def test_a_card_in_the_mask(self, tmp_path):
        """400 pixels are 100 mm2."""
        said = limner("measure", self.photograph(tmp_path), "--ruler", "card 10x10")
        assert "300.0 mm² by the ruler" in said.out

    @pytest.mark.parametrize(
        "ruler, sentence",
        [
            ("here", "cannot be read"),
            ("1,1 1,1 20", "0 pixels long"),
            ("sticker 10x10", "0 objects called 'sticker'"),
            ("card 0x10", "has no area"),
        ],
    )
    def test_what_is_no_ruler(self, tmp_path, ruler, sentence):
        said = limner("measure", self.photograph(tmp_path), "--ruler", ruler)
        assert said.code == 2
        assert sentence in said.err


ANY = some.recursive(
    some.none() | some.booleans() | some.integers(-3, 9) | some.floats() | some.text(max_size=4),
    lambda each: (
        some.lists(each, max_size=3)
        | some.dictionaries(some.sampled_from(["baseline", "long_mm", "x"]), each, max_size=2)
    ),
    max_leaves=4,
)
FIELDS = some.sampled_from(_followup_file.FIELDS)
OWN = some.sampled_from(_followup_file.OF_VISIT + _followup_file.OF_LESION)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    whole=some.dictionaries(FIELDS, ANY, max_size=3),
    visit=some.dictionaries(OWN, ANY, max_size=4),
    lesion=some.dictionaries(OWN, ANY, max_size=4),
    list_them=some.booleans(),
)
def test_whatever_a_file_holds_is_read_or_refused(tmp_path, whole, visit, lesion, list_them):
    if list_them:
        usual = {"visit": [{"date": "2026-01-05"} | visit], "lesion": [{"name": "A"} | lesion]}
        whole = usual | whole
    file = told(tmp_path, json.dumps(whole), "any.json")
    try:
        judged(followed(load(file)), load(file))
    except LimnerError as error:
        assert str(error).endswith((".", "?", "}", "]", ")"))
