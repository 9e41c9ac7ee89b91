"""Made-up patients: planted volumes, sites that agree, targets that fit their images."""

from dataclasses import replace

import numpy as np
import pytest

from limner.grid import Grid
from limner.phantoms import PHANTOMS
from limner.phantoms._scanners import SITES, field, outlined, scanned
from limner.phantoms._scans import scan
from limner.phantoms._solids import Block, Ellipsoid
from limner.phantoms._torso import HOSTS, REMOVABLE, patient, trunk


def samples(image):
    return image.block((0, 0, 0), image.grid.shape)[..., 0]


def test_an_ellipsoid_fills_its_volume():
    solid = Ellipsoid((3, -5, 8), (20, 12, 16), turn=0.7, tilt=0.4)
    grid = Grid((60, 60, 60), origin_mm=(-29, -34, -22), steps_mm=((0, 0, 1), (0, 1, 0), (1, 0, 0)))
    where = Block(grid, np.random.default_rng(0)).inside(solid)
    assert solid.volume_ml == pytest.approx(16.085, abs=0.001)  # 4/3 pi 20 12 16 mm3
    assert where.sum() / 1000 == pytest.approx(solid.volume_ml, rel=0.01)
    at = grid.position_mm(np.argwhere(where)).mean(axis=0)
    assert at == pytest.approx(solid.at_mm, abs=0.1)


def test_a_turned_ellipsoid_points_where_its_angles_say():
    along = Ellipsoid((0, 0, 0), (30, 5, 5), turn=np.pi / 2)  # from the left to the back
    grid = Grid((9, 81, 81), origin_mm=(-40, -40, -4), steps_mm=((0, 0, 1), (0, 1, 0), (1, 0, 0)))
    index = np.argwhere(Block(grid, np.random.default_rng(0)).inside(along))
    reach = np.ptp(index, axis=0)
    assert reach[1] == pytest.approx(59, abs=2)
    assert reach[2] == pytest.approx(9, abs=2)


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.name)
def test_planted_tumours_have_their_volume_in_every_scanner(site):
    for seed in (1, 2):
        who = patient(seed, tumours=3, hosts=("liver",))
        mask = scan(seed, modality="ct", name="torso", site=site, who=who).mask
        found = {each.name: each.id for each in mask.objects if each.label == "tumour"}
        for number, tumour in enumerate(who.tumours, start=1):
            ml = mask.voxels(found[f"tumour {number}"]) * mask.grid.voxel_mm3 / 1000
            later = sum(_near(tumour, other) for other in who.tumours[number:])
            if tumour.volume_ml > 3 and not later:  # smaller ones are a few voxels
                assert ml == pytest.approx(tumour.volume_ml, rel=0.15)


def _near(one, other):
    return np.linalg.norm(np.subtract(one.at_mm, other.at_mm)) < max(one.half_mm) + max(
        other.half_mm
    )


def test_tumours_lie_within_their_hosts():
    for seed in range(40):
        who = patient(seed, tumours=2)
        for tumour, host in zip(who.tumours, who.hosts, strict=True):
            rng = np.random.default_rng(seed)
            ways = rng.standard_normal((50, 3))
            roots = np.linalg.cholesky(np.linalg.inv(tumour.form))
            ends = tumour.at_mm + ways / np.linalg.norm(ways, axis=1, keepdims=True) @ roots.T
            away = ends - np.array(who.organs[host].at_mm)
            inside = np.einsum("ni,ij,nj->n", away, who.organs[host].form, away)
            assert inside.max() < 1.05


def test_the_same_patient_has_the_same_organs_in_every_scanner():
    volumes = []
    for site in SITES:
        mask = scan(5, modality="ct", name="torso", site=site).mask
        sizes = {o.label: mask.voxels(o.id) * mask.grid.voxel_mm3 / 1000 for o in mask.objects}
        volumes.append((sizes["liver"], sizes["heart"], sizes["right lung"]))
    assert np.ptp(volumes, axis=0) / np.mean(volumes, axis=0) == pytest.approx(0, abs=0.06)
    assert 800 < volumes[0][0] < 2600  # mL of liver, as adults have


def test_sites_store_their_axes_otherwise_and_positions_stay():
    one = scan(5, modality="ct", name="torso", site=SITES[0])
    other = scan(5, modality="ct", name="torso", site=SITES[2])
    assert one.image.grid.steps_mm[0][2] > 0
    assert other.image.grid.steps_mm[0][0] > 0  # slices run to the left
    assert other.image.grid.steps_mm[1][0] == pytest.approx(0)
    for name in ("liver", "left kidney", "heart"):
        places = []
        for each in (one, other):
            number = next(o.id for o in each.mask.objects if o.label == name)
            index = np.argwhere(each.mask.where(number))
            places.append(each.mask.grid.position_mm(index).mean(axis=0))
        assert np.linalg.norm(places[0] - places[1]) < 4


def test_hounsfield_units_are_those_of_the_tissues():
    sample = scan(4, modality="ct", name="torso", site=replace(SITES[1], noise=0.0))
    seen, mask = samples(sample.image), sample.mask
    named = {each.label: mask.where(each.id) for each in mask.objects}
    assert np.median(seen[named["right lung"]]) == pytest.approx(-820, abs=40)
    assert np.median(seen[named["liver"]]) == pytest.approx(58, abs=8)
    assert np.median(seen[named["spine"]]) > 150
    assert seen.min() >= -1024
    assert sample.image.unit == "HU"
    assert sample.image.source.modality == "CT"


def test_resections_take_organs_out_and_the_target_says_so():
    gone = 0
    for seed in range(3):
        who = patient(seed, resected=1.0)
        assert set(who.removed) == set(REMOVABLE)
        sample = scan(seed, modality="ct", name="torso", who=who)
        there = next(t.value for t in sample.targets if t.kind == "multi-label")
        gone += len(set(there) & set(REMOVABLE))
        assert "liver" in there
    assert gone == 0
    rates = [len(patient(seed).removed) for seed in range(300)]
    assert np.mean(rates) == pytest.approx(0.4, abs=0.12)  # four organs, one in ten each
    assert not set(patient(0, resected=1.0, tumours=5).hosts) & set(REMOVABLE)
    assert set(HOSTS) > set(patient(0, tumours=5).hosts)


def test_pet_shows_what_takes_up_sugar():
    sample = PHANTOMS.get("torso_pet")(0)
    mask, suv = sample.mask, samples(sample.image)
    named = {each.label: mask.where(each.id) for each in mask.objects}
    assert np.median(suv[named["bladder"]]) > 2 * np.median(suv[named["liver"]])
    assert sample.image.unit == "SUV"
    assert sample.images["ct"].unit == "HU"
    assert sample.images["ct"].grid.matches(sample.image.grid)


def test_mr_has_both_weightings_and_fluid_is_bright_on_one():
    sample = PHANTOMS.get("torso_mr")(5)
    named = {each.label: sample.mask.where(each.id) for each in sample.mask.objects}
    heavy, light = samples(sample.image), samples(sample.images["t1"])
    for seen, brighter in ((heavy, True), (light, False)):
        bladder, liver = (np.median(seen[named[name]]) for name in ("bladder", "liver"))
        assert (bladder > liver) == brighter


def test_a_clean_scan_is_the_table_and_a_block_outlines_all_it_names():
    who, site = patient(2), SITES[0]
    block = trunk(who, field(site), seed=2)
    assert {o.label for o in outlined(block, site=site).objects} >= {"liver", "heart", "body"}
    still = replace(site, noise=0.0, blur_mm=0.01, contrast=0.0)
    seen = samples(scanned(block, np.random.default_rng(0), site=still))
    assert (seen[block.looks == block.tissues.index("muscle")] == 55).all()


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("brain_mr", {"grey matter", "white matter", "ventricles"}),
        ("heart", {"left ventricle", "right ventricle", "myocardium"}),
    ],
)
def test_sections_hold_what_they_are_about(name, parts):
    for seed in range(6):
        mask = PHANTOMS.get(name)(seed).mask
        assert parts <= {each.label for each in mask.objects}


def test_a_cine_heart_has_a_bright_chamber_in_a_dark_ring():
    seen = 0
    for seed in range(10):
        sample = PHANTOMS.get("heart")(seed)
        if sample.image.source.modality != "MR":
            continue
        named = {each.label: sample.mask.where(each.id) for each in sample.mask.objects}
        picture = samples(sample.image)
        chamber, ring = (
            np.median(picture[named[name]]) for name in ("left ventricle", "myocardium")
        )
        assert chamber > 1.8 * ring
        seen += 1
    assert seen > 3
