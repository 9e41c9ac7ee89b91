"""Only permitted pictures train, and none that looks like a test picture."""

import json

import numpy as np
import pytest
from PIL import Image

from limner.errors import BadValue, NotFound
from limner.learn.permitted import NEAR, fingerprint, fingerprints, manifest, permitted
from tests.data import shared
from tests.learn.small import picture, written


def apart(one, two):
    return int((one != two).sum())


class TestWhatMayTrain:
    def test_every_set_with_the_role_train(self, tmp_path):
        found = permitted(written(tmp_path))
        assert [source.name for source in found] == ["one", "two"]
        assert [len(source.pairs) for source in found] == [3, 3]
        assert all(pair.image.is_file() and pair.mask.is_file() for s in found for pair in s.pairs)

    def test_the_hash_of_a_picture_is_that_of_its_bytes(self, tmp_path):
        from hashlib import sha256

        pair = permitted(written(tmp_path))[0].pairs[0]
        assert pair.digest == sha256(pair.image.read_bytes()).hexdigest()

    def test_a_set_that_does_not_say_so_is_refused(self, tmp_path):
        with pytest.raises(BadValue, match="The set 'one' may not train weights that ship"):
            permitted(written(tmp_path, may=False))

    @pytest.mark.parametrize("said", [None, "yes", 1, "true"])
    def test_only_a_plain_true_says_so(self, tmp_path, said):
        written(tmp_path)
        told = json.loads((tmp_path / "manifest.json").read_text())
        told["sets"][0]["may_train_shipped_weights"] = said
        (tmp_path / "manifest.json").write_text(json.dumps(told))
        with pytest.raises(BadValue, match="may not train"):
            permitted(tmp_path)

    def test_a_measuring_set_cannot_be_asked_for(self, tmp_path):
        with pytest.raises(BadValue, match="'dev_one' may not train"):
            permitted(written(tmp_path), ["one", "dev_one"])

    def test_a_set_that_is_not_listed(self, tmp_path):
        with pytest.raises(NotFound, match="no set 'three'"):
            permitted(written(tmp_path), ["three"])

    def test_a_folder_without_a_manifest(self, tmp_path):
        with pytest.raises(NotFound, match=r"manifest\.json"):
            permitted(tmp_path)


class TestNearDuplicates:
    @pytest.mark.parametrize("turn", range(4))
    @pytest.mark.parametrize("mirrored", [False, True])
    def test_a_test_picture_among_the_training_pictures_is_left_out(self, tmp_path, turn, mirrored):
        data = written(tmp_path)
        copy = np.rot90(picture(9900)[0], turn)[:, :: -1 if mirrored else 1]
        darker = (copy * 0.8 + 10).astype(np.uint8)
        place = data / "train/one/images/1.png"
        Image.fromarray(np.ascontiguousarray(darker)).resize((150, 150)).save(place)
        source = permitted(data)[0]
        assert source.left_out == ("images/1.png",)
        assert [pair.image.name for pair in source.pairs] == ["0.png", "2.png"]

    def test_a_volume_is_compared_slice_by_slice(self, tmp_path):
        import nibabel

        data = written(tmp_path)
        samples = picture(101)[0][..., 0].astype(np.int16)  # the second picture of set one
        volume = np.random.default_rng(0).integers(0, 255, (*samples.shape, 5)).astype(np.int16)
        volume[..., 3] = samples
        told = manifest(data)["dev_one"]
        told["pairs"] = [{"image": "images/volume.nii.gz", "mask": ""}]
        nibabel.save(
            nibabel.Nifti1Image(volume, np.eye(4)), data / "dev/dev_one/images/volume.nii.gz"
        )
        listed = [entry for entry in manifest(data).values() if entry["role"] == "train"]
        (data / "manifest.json").write_text(json.dumps({"sets": [*listed, told]}))
        assert permitted(data)[0].left_out == ("images/1.png",)

    def test_the_projects_own_data_hold_none_that_the_guard_lets_through(self):
        found = permitted(shared("data"), ["krd_wbc"])  # one set: the whole is checked at training
        assert len(found[0].pairs) + len(found[0].left_out) == 12


class TestFingerprints:
    def test_are_64_bits_that_stay_when_the_picture_is_changed_a_little(self):
        grey = picture(5)[0].mean(axis=2)
        first = fingerprint(grey)
        assert first.shape == (64,)
        noisy = grey * 0.7 + 20 + np.random.default_rng(0).normal(0, 4, grey.shape)
        assert apart(first, fingerprint(noisy)) <= NEAR
        large = np.asarray(Image.fromarray(grey.astype(np.uint8)).resize((300, 260)))
        assert apart(first, fingerprint(large)) <= NEAR

    def test_differ_between_different_pictures(self):
        many = [fingerprint(picture(seed)[0].mean(axis=2)) for seed in range(12)]
        between = [apart(a, b) for k, a in enumerate(many) for b in many[:k]]
        assert min(between) > NEAR
        assert 20 < np.mean(between) < 44

    def test_of_the_eight_ways_hold_the_picture_itself_first(self):
        grey = picture(6)[0].mean(axis=2)
        ways = fingerprints(grey)
        assert len(ways) == 8
        assert apart(ways[0], fingerprint(grey)) == 0
        turned = fingerprints(np.rot90(grey))
        for way in ways:
            assert min(apart(way, other) for other in turned) <= 2

    def test_of_a_small_picture_exist_too(self):
        assert fingerprint(np.arange(35.0).reshape(5, 7)).shape == (64,)
