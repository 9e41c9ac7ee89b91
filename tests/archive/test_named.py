"""Addresses, and archives by name: what is wrong in them is said, and no secret is."""

import pytest

from limner.archive.address import Address, Credentials
from limner.archive.named import find_address, named
from limner.errors import BadValue, LimnerError, NotFound, UnknownName, UnreadableFile


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setenv("LIMNER_ARCHIVES", str(tmp_path / "archives.toml"))
    return tmp_path / "archives.toml"


class TestAddress:
    def test_the_dicom_network(self):
        told = Address("dicom://MY%20PACS@pacs.example.org:4242")
        assert (told.way, told.title, told.host, told.port) == (
            "dimse",
            "MY PACS",
            "pacs.example.org",
            4242,
        )
        assert not told.secure
        assert str(told) == "'dicom://MY%20PACS@pacs.example.org:4242'"

    @pytest.mark.parametrize(
        "url, port, secure",
        [
            ("dicom://A@h", 104, False),
            ("dicoms://A@h", 2762, True),
            ("http://h/x", 80, False),
            ("https://h/x", 443, True),
            ("dicom://A@[::1]:11", 11, False),
        ],
    )
    def test_usual_ports(self, url, port, secure):
        assert (Address(url).port, Address(url).secure) == (port, secure)

    @pytest.mark.parametrize(
        "url, said",
        [
            ("ftp://host", "does not say how the archive is spoken to"),
            ("hospital", "does not say how"),
            ("dicom://A@", "names no host"),
            ("dicom://A@host:port", "is no address"),
            ("http://[::1", "is no address"),
            ("dicom://host:104", "Nothing is no AE title"),
            ("dicom://SEVENTEEN_LETTERS@host", "'SEVENTEEN_LETTERS' is no AE title"),
            ("dicom://%20@host", "is no AE title"),
            ("https://jane:secret@host/x", "can be read by everyone on this machine"),
        ],
    )
    def test_what_is_none(self, url, said):
        with pytest.raises(BadValue, match=said) as told:
            Address(url)
        assert "secret" not in str(told.value)

    @pytest.mark.parametrize(
        "odd", [{"listen": 70000}, {"listen": -1}, {"timeout_s": 0}, {"me": "back\\slash"}]
    )
    def test_odd_settings(self, odd):
        with pytest.raises(BadValue):
            Address("dicom://A@host", **odd)


class TestNamed:
    def test_no_file(self, file):
        assert named() == {}
        with pytest.raises(NotFound, match="no archive called 'hospital'.*names none"):
            find_address("hospital")

    def test_settings(self, file):
        file.write_text(
            '[a]\nurl = "dicom://A@h"\nme = "ME"\nlisten = 11112\ntimeout_s = 5\nca = "ca.pem"\n'
        )
        told = find_address("a")
        assert (told.me, told.listen, told.timeout_s) == ("ME", 11112, 5)
        assert told.trusted == file.parent / "ca.pem"
        assert str(told) == "'a' (dicom://A@h)"

    def test_an_unknown_name_is_answered_with_the_nearest(self, file):
        file.write_text('[hospital]\nurl = "dicom://A@h"\n')
        with pytest.raises(UnknownName, match="Did you mean 'hospital'"):
            find_address("hospitl")  # misspelt

    @pytest.mark.parametrize(
        "text, said",
        [
            ("[a", "cannot be read"),
            ("a = 1", "is no table"),
            ("[a]\nme = 'X'", "has no url"),
            ("[a]\nurl = 'dicom://A@h'\npassword = 'geheim'", "write password_file = "),
            ("[a]\nurl = 'dicom://A@h'\nlisen = 1", "Did you mean 'listen'"),  # misspelt
            ("[a]\nurl = 'dicom://A@h'\nlisten = 'x'", "'listen' of the archive 'a' is 'x'"),
            ("[a]\nurl = 'dicom://A@h'\nlisten = true", "is True"),
            ("[a]\nurl = 'dicom://h'", "AE title"),
            ("[a]\nurl = 'http://h'\nuser = 'u'\npassword_env = 'NOT_SET'", "is not set"),
            ("[a]\nurl = 'http://h'\nuser = 'u'\npassword_file = 'nowhere'", "cannot be read"),
        ],
    )
    def test_what_is_wrong_in_it(self, file, text, said):
        file.write_text(text)
        with pytest.raises(LimnerError, match=said) as told:
            find_address("a")
        assert "geheim" not in str(told.value)

    def test_a_file_that_is_no_text(self, file):
        file.write_bytes(b"\xff\xfe\0")
        with pytest.raises(UnreadableFile):
            named()


class TestSecrets:
    def test_of_an_address_come_from_the_environment(self, monkeypatch):
        monkeypatch.setenv("LIMNER_ARCHIVE_USER", "jane")
        monkeypatch.setenv("LIMNER_ARCHIVE_PASSWORD", "secret")
        assert find_address("http://h").credentials == Credentials("jane", "secret")

    def test_of_a_name_come_from_files_and_variables(self, file, monkeypatch):
        (file.parent / "token").write_text("abc\n")
        monkeypatch.setenv("MINE", "secret")
        file.write_text(
            "[a]\nurl = 'http://h'\nuser = 'u'\npassword_env = 'MINE'\n"
            "[b]\nurl = 'http://h'\ntoken_file = 'token'\n[c]\nurl = 'http://h'\n"
        )
        assert find_address("a").credentials == Credentials("u", "secret")
        assert find_address("b").credentials == Credentials(token="abc")
        assert find_address("c").credentials == Credentials()
        monkeypatch.setenv("LIMNER_ARCHIVE_TOKEN", "other")
        assert find_address("b").credentials.token == "abc"
        assert find_address("c").credentials.token == "other"

    def test_are_not_shown(self):
        told = Address("http://h", credentials=Credentials("jane", "secret", "abc"))
        assert "secret" not in repr(told)
        assert "abc" not in repr(told)
