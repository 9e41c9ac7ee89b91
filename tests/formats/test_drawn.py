"""GeoJSON and COCO: outlines that give every pixel back, files of others, damaged files."""

import json

import numpy as np
import pytest
from hypothesis import given, settings

from limner.errors import BadValue, UnknownName, UnreadableFile
from limner.formats import coco, geojson
from limner.formats._outlines import enclosed, parts
from limner.grid import Grid
from limner.mask import Mask, Object
from tests.laws.test_round_trips import FILES
from tests.laws.values import masks

GRID = Grid.picture(6, 8)


@settings(FILES, max_examples=15)
@given(masks())
def test_a_mask_comes_back_as_it_was(tmp_path, mask):
    for form, ending in ((geojson, ".geojson"), (coco, ".coco.json")):
        form.write(mask, tmp_path / f"m{ending}")
        assert form.read(tmp_path / f"m{ending}") == mask


def test_outlines_enclose_what_they_were_drawn_round():
    rng = np.random.default_rng(0)
    inside = rng.random((23, 31)) < 0.55
    drawn = np.zeros_like(inside)
    for outer, holes in parts(inside):
        block, covered = enclosed([outer, *holes], inside.shape, whose="it")
        drawn[block] |= covered
    assert np.array_equal(drawn, inside)


def ring_shaped() -> Mask:
    inside = np.zeros((1, 6, 8), bool)
    inside[0, 1:5, 1:6] = True
    inside[0, 2, 3] = False
    return Mask.of(inside, GRID, label="cyst")


class TestGeoJson:
    def test_what_qupath_shows(self, tmp_path):
        """A 4 x 5 block with a hole of one pixel, by hand: corners at whole pixels."""
        geojson.write(ring_shaped(), tmp_path / "m.geojson")
        (feature,) = json.loads((tmp_path / "m.geojson").read_text())["features"]
        outer, hole = feature["geometry"]["coordinates"]
        assert outer[0] == outer[-1]
        assert {tuple(each) for each in outer} == {(1, 1), (6, 1), (6, 5), (1, 5)}
        assert {tuple(each) for each in hole} == {(3, 2), (4, 2), (4, 3), (3, 3)}
        assert feature["properties"]["classification"]["name"] == "cyst"
        assert feature["properties"]["classification"]["color"] == [230, 75, 60]

    def test_what_qupath_writes(self, tmp_path):
        told = {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "id": "4f1b7d9e-6b5e-4f5c-9d3e-0a1b2c3d4e5f",
                    "geometry": {
                        "type": "Polygon",
                        "coordinates": [[[1, 1], [4, 1], [4, 3], [1, 3], [1, 1]]],
                    },
                    "properties": {
                        "objectType": "annotation",
                        "classification": {"name": "Tumor", "color": [200, 0, 0]},
                    },
                },
                {
                    "type": "Feature",
                    "geometry": {
                        "type": "MultiPolygon",
                        "coordinates": [
                            [[[3.0, 2.0], [5.5, 2.0], [5.5, 4.0], [3.0, 4.0]]],
                            [[[0, 5], [1, 5], [1, 6], [0, 6], [0, 5]]],
                        ],
                    },
                    "properties": {
                        "name": "second",
                        "classification": {"name": "Stroma", "colorRGB": -6895466},
                    },
                },
            ],
        }
        (tmp_path / "q.geojson").write_text(json.dumps(told))
        mask = geojson.read(tmp_path / "q.geojson", grid=GRID)
        assert [(each.id, each.label, each.name) for each in mask] == [
            (1, "Tumor", ""),
            (2, "Stroma", "second"),
        ]
        assert mask.schema["Tumor"].colour == (200, 0, 0)
        assert mask.schema["Stroma"].colour == (150, 200, 150)  # 0xFF96C896
        assert mask.voxels(1) == 6
        assert np.argwhere(mask.where(1)[0]).tolist() == [[r, c] for r in (1, 2) for c in (1, 2, 3)]
        # Pixels 3 and 4 have their centres inside; that of pixel 5 lies on the outline.
        assert np.argwhere(mask.where(2)[0]).tolist() == [
            *([r, c] for r in (2, 3) for c in (3, 4, 5)),
            [5, 0],
        ]
        assert mask.overlap

    def test_the_size_is_needed(self, tmp_path):
        (tmp_path / "q.geojson").write_text('{"type": "FeatureCollection", "features": []}')
        with pytest.raises(BadValue, match="--image"):
            geojson.read(tmp_path / "q.geojson")
        assert len(geojson.read(tmp_path / "q.geojson", grid=GRID)) == 0

    @pytest.mark.parametrize(
        "geometry, kind, sentence",
        [
            ({"type": "Point", "coordinates": [1, 2]}, BadValue, "is a Point, which encloses"),
            (
                {"type": "Polygon", "coordinates": [[[0, 0], [4, 4], [4, 0], [0, 4]]]},
                BadValue,
                "feature 1 crosses itself",
            ),
            ({"type": "Polygon", "coordinates": [[[0, 0], [4, 4]]]}, BadValue, "has 2 points"),
            (
                {"type": "Polygon", "coordinates": [[[0, 0], [99999999999, 0], [0, 5]]]},
                BadValue,
                "reaches 1e[+]11 pixels out",
            ),
            ({"type": "Polygon", "coordinates": [[["a", 0]]]}, UnreadableFile, "no GeoJSON"),
            ({"type": "Polygon", "coordinates": [[7]]}, UnreadableFile, "no GeoJSON"),
            (None, UnreadableFile, "no GeoJSON"),
            (
                {
                    "type": "Polygon",
                    "coordinates": [[[0, 0], [4, 0], [4, 4]]],
                    "plane": {"z": float("inf")},
                },
                UnreadableFile,
                "no GeoJSON",
            ),
            (
                {
                    "type": "Polygon",
                    "coordinates": [[[0, 0], [4, 0], [4, 4]]],
                    "plane": {"z": 5},
                },
                BadValue,
                "lies in slice 6",
            ),
        ],
    )
    def test_what_says_nothing_is_one_sentence(self, geometry, kind, sentence, tmp_path):
        told = {"type": "Feature", "geometry": geometry, "properties": None}
        (tmp_path / "q.geojson").write_text(json.dumps(told))
        with pytest.raises(kind, match=sentence):
            geojson.read(tmp_path / "q.geojson", grid=GRID)

    def test_a_slide_too_large(self, tmp_path):
        (tmp_path / "q.geojson").write_text('{"features": []}')
        with pytest.raises(BadValue, match="smaller level"):
            geojson.read(tmp_path / "q.geojson", grid=Grid.picture(200_000, 100_000))

    def test_outside_the_picture_is_cut(self, tmp_path):
        ring = [[-3, -3], [2, -3], [2, 2], [-3, 2]]
        told = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}}
        (tmp_path / "q.geojson").write_text(json.dumps(told))
        assert geojson.read(tmp_path / "q.geojson", grid=GRID).voxels(1) == 4


def a_coco(folder, *annotations, images=1, name="c.json"):
    told = {
        "images": [
            {"id": 10 + n, "file_name": f"some/cells_{n}.png", "height": 4, "width": 5}
            for n in range(images)
        ],
        "categories": [
            {"id": 3, "name": "cell", "supercategory": "tissue"},
            {"id": 90001, "name": "nucleus", "color": [1, 2, 3]},
        ],
        "annotations": [
            {"id": 7, "image_id": 10, "category_id": 3, **each} for each in annotations
        ],
    }
    (folder / name).write_text(json.dumps(told))
    return folder / name


SQUARE = {"segmentation": [[1, 1, 3, 1, 3, 3, 1, 3]]}


class TestCoco:
    def test_polygons_run_lengths_and_packed_ones_say_the_same(self, tmp_path):
        """The square of rows and columns 1 and 2 in 4 x 5, counted down the columns by hand."""
        runs = [5, 2, 2, 2, 9]
        packed = coco.packed(runs)
        assert coco.unpacked(packed) == runs
        path = a_coco(
            tmp_path,
            SQUARE,
            {"segmentation": {"size": [4, 5], "counts": runs}, "category_id": 90001},
            {"segmentation": {"size": [4, 5], "counts": packed}, "iscrowd": 1},
        )
        mask = coco.read(path)
        assert [each.label for each in mask] == ["cell", "nucleus", "cell"]
        assert [each.name for each in mask] == ["", "", "crowd"]
        for each in mask.ids:
            assert np.argwhere(mask.where(each)[0]).tolist() == [[1, 1], [1, 2], [2, 1], [2, 2]]
        assert mask.schema["cell"].value == 3
        assert mask.schema["nucleus"].colour == (1, 2, 3)

    def test_an_outline_with_a_hole_is_run_lengths(self, tmp_path):
        coco.write(ring_shaped(), tmp_path / "m.coco.json")
        told = json.loads((tmp_path / "m.coco.json").read_text())
        (only,) = told["annotations"]
        assert only["bbox"] == [1, 1, 5, 4]
        assert only["area"] == 19
        runs = coco.unpacked(only["segmentation"]["counts"])
        assert sum(runs) == 48
        assert sum(runs[1::2]) == 19
        assert told["images"] == [{"id": 1, "file_name": "m.png", "height": 6, "width": 8}]

    def test_one_image_of_several_by_its_name(self, tmp_path):
        path = a_coco(tmp_path, SQUARE, {**SQUARE, "image_id": 11}, images=3)
        assert coco.names(path)[1] == "some/cells_1.png"
        with pytest.raises(BadValue, match="has 3 images: some/cells_0.png, .*--name"):
            coco.read(path)
        for name in ("some/cells_1.png", "cells_1.png", "cells_1"):
            assert len(coco.read(path, name=name)) == 1
        assert len(coco.read(path, name="cells_2")) == 0
        with pytest.raises(UnknownName, match="Did you mean"):
            coco.read(path, name="some/cells_9.png")

    def test_a_json_is_claimed_by_its_members(self, tmp_path):
        assert coco.claims(a_coco(tmp_path, SQUARE))
        (tmp_path / "d.json").write_text('{"segmentAttributes": []}')
        assert not coco.claims(tmp_path / "d.json")
        assert not coco.claims(tmp_path / "gone.json")

    def test_the_counts_of_pycocotools(self):
        """By pycocotools 2.0.11: encode(asfortranarray(eye(5, dtype=uint8)))["counts"]."""
        assert coco.counted(np.eye(5, dtype=bool)) == [0, 1, 5, 1, 5, 1, 5, 1, 5, 1]
        assert coco.packed(coco.counted(np.eye(5, dtype=bool))) == "0150000000"

    @pytest.mark.parametrize(
        "annotation, kind, sentence",
        [
            ({"segmentation": []}, BadValue, "The annotation 7 has no outline"),
            ({"segmentation": [[1, 2, 3]]}, BadValue, "3 numbers. Give pairs"),
            ({"segmentation": [[0, 0, 4, 4, 4, 0, 0, 4]]}, BadValue, "crosses itself"),
            ({"segmentation": {"size": [4, 5], "counts": [3]}}, BadValue, "cover 3 pixels"),
            ({"segmentation": {"size": [4, 5], "counts": [-3, 23]}}, BadValue, "run lengths of"),
            ({"segmentation": {"size": [9999999, 99999], "counts": [1]}}, BadValue, "cover 1"),
            ({"segmentation": {"size": [4, 5], "counts": "R"}}, BadValue, "end within a number"),
            ({"segmentation": {"size": [4, 5], "counts": "é"}}, BadValue, "hold the sign"),
            ({"segmentation": {"counts": "5"}}, UnreadableFile, "no COCO file.*size"),
            ({**SQUARE, "category_id": 5}, UnreadableFile, "no COCO file"),
        ],
    )
    def test_what_says_nothing_is_one_sentence(self, annotation, kind, sentence, tmp_path):
        with pytest.raises(kind, match=sentence):
            coco.read(a_coco(tmp_path, annotation))

    def test_no_lists(self, tmp_path):
        (tmp_path / "m.coco.json").write_text('{"images": []}')
        with pytest.raises(UnreadableFile, match="lacks one of the lists"):
            coco.read(tmp_path / "m.coco.json")


def test_five_hundred_nuclei_are_one_layer(tmp_path):
    grid = Grid.picture(300, 300)
    labels = np.zeros((1, 300, 300), np.uint16)
    for number in range(500):
        row, column = divmod(number, 23)
        labels[0, row * 13 : row * 13 + 9, column * 13 : column * 13 + 8] = number + 1
    objects = tuple(Object(n, name=f"nucleus {n}") for n in range(1, 501))
    mask = Mask(grid, (labels,), objects)
    geojson.write(mask, tmp_path / "m.geojson")
    back = geojson.read(tmp_path / "m.geojson")
    assert len(back.layers) == 1
    assert np.array_equal(back.layers[0][0], labels)
