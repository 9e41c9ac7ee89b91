"""DICOMweb servers that refuse, stumble, or are none: one sentence each, and nothing lost."""

import os
import shutil
import signal
import ssl
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from limner.archive.address import Address, Credentials
from limner.archive.fetch import fetch
from limner.archive.query import Query
from limner.archive.search import search
from limner.archive.store import gather, store
from limner.errors import BadValue, LimnerError, NoService, UnreadableFile
from tests.archive.conftest import opened
from tests.dicom.make import SERIES, STUDY, placed, plane, save

ONE = {"study": STUDY, "series": SERIES}


class TestAnswersThatAreRefusals:
    @pytest.mark.parametrize(
        "status, said",
        [
            (401, "asks who you are. Set LIMNER_ARCHIVE_USER"),
            (403, "does not allow this to whom you are"),
            (404, "has nothing at '/dicom-web/studies'. See that the address"),
            (413, "does not take files of this size"),
            (415, "neither sends nor takes DICOM"),
            (500, "answers with 'Internal Server Error'"),
        ],
    )
    def test_a_sentence_for_each(self, web, status, said):
        web.instead = (status, "text/html", b"<html>no</html>")
        with pytest.raises(NoService, match=rf"\(HTTP {status}\) {said}") as told:
            opened(web.url).echo()
        assert "<" not in str(told.value)
        assert len(web.asked) == 1

    def test_its_own_words_are_passed_on(self, web):
        web.instead = (500, "text/plain", b"the index\n is being rebuilt")
        with pytest.raises(NoService, match="'the index is being rebuilt'"):
            opened(web.url).echo()

    def test_another_place(self, web, ct):
        web.instead = (307, "text/plain", b"")
        with pytest.raises(NoService, match="has moved to 'http://elsewhere.invalid/'"):
            list(store(opened(web.url), gather([ct]), again=True))

    def test_a_busy_server_is_asked_again(self, web):
        web.statuses = [503, 429]
        assert opened(web.url).echo()
        assert len(web.asked) == 3

    def test_one_that_stays_busy(self, web):
        web.statuses = [503] * 9
        with pytest.raises(NoService, match=r"\(HTTP 503\) is too busy"):
            opened(web.url).echo()
        assert len(web.asked) == 3

    def test_a_name_that_is_not_accepted_is_said_without_its_password(self, web):
        web.instead = (401, "text/plain", b"")
        mine = Credentials("jane", "correct horse")
        with pytest.raises(NoService, match="does not accept the name 'jane'") as told:
            opened(web.url, credentials=mine).echo()
        assert "horse" not in str(told.value) + repr(mine) + repr(
            Address(web.url, credentials=mine)
        )


class TestCredentials:
    def test_a_name_and_a_password(self, web):
        opened(web.url, credentials=Credentials("jäne", "pässword")).echo()
        assert web.heads[0]["Authorization"] == "Basic asOkbmU6cMOkc3N3b3Jk"  # in UTF-8

    def test_a_token_goes_before_what_netrc_says(self, web, tmp_path, monkeypatch):
        (tmp_path / "netrc").write_text("machine 127.0.0.1 login other password other")
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        opened(web.url, credentials=Credentials(token="abc")).echo()
        assert web.heads[0]["Authorization"] == "Bearer abc"

    def test_none(self, web):
        """And nothing is to be packed: that takes an archive ten times as long to send."""
        opened(web.url).echo()
        assert web.heads[0]["Accept-Encoding"] == "identity"
        assert "Authorization" not in web.heads[0]


class TestAnswersThatAreNotDicom:
    @pytest.mark.parametrize(
        "kind, body, said",
        [
            ("text/html", b"<html>Log in</html>", "sent a web page"),
            ("application/dicom+json", b'[{"half', "sent 'application/dicom\\+json'"),
            ("application/json", b"[1, 2]", "sent 'application/json'"),
            ("", b"\xff\xfe", "sent something"),
        ],
    )
    def test_to_a_query(self, web, kind, body, said):
        web.instead = (200, kind, body)
        with pytest.raises(NoService, match=f"{said} where DICOM's JSON was asked for"):
            opened(web.url).echo()

    @pytest.mark.parametrize(
        "told",
        [{}, {"0020000D": 7}, {"0020000D": {"Value": [None, {}]}}, {"0020000D": {"vr": "UI"}}],
    )
    def test_odd_elements_are_empty(self, web, told):
        import json

        web.instead = (200, "application/dicom+json", json.dumps([told]).encode())
        web.page = 1
        (found,) = opened(web.url).find(Query("study", limit=1))
        assert found.get("study", "") in {"", "\\"}

    def test_to_a_fetch(self, web, files, tmp_path):
        page = tmp_path / "page.html"
        page.write_bytes(b"<html>" * 40)
        web.files = dict.fromkeys(files, page)
        rows = [{"00080018": {"Value": [uid]}} for uid in sorted(files)]
        web.rows = lambda _: rows
        with pytest.raises(UnreadableFile, match="is not DICOM. It was not kept.*Nothing of the"):
            fetch(opened(web.url), ONE, tmp_path / "ct")
        assert list((tmp_path / "ct.partial").glob("*.dcm")) == []


class TestFetching:
    def test_a_cut_instance_is_not_taken_for_whole(self, web, tmp_path):
        """The head says nothing of a length, so only the missing boundary tells."""
        web.cut_at = 500
        with pytest.raises(NoService, match="stopped in the middle of an instance. Nothing of the"):
            fetch(opened(web.url), ONE, tmp_path / "ct")
        assert os.listdir(tmp_path / "ct.partial") == ["limner-fetch.json"]

    def test_a_server_that_sends_instances_bare(self, web, tmp_path):
        web.bare = True
        assert fetch(opened(web.url), ONE, tmp_path / "ct").total == 4

    def test_a_server_that_knows_no_star(self, web, tmp_path):
        web.plain = True
        assert fetch(opened(web.url), ONE, tmp_path / "ct").total == 4

    def test_instances_that_have_gone(self, web, files, tmp_path):
        way, lost = opened(web.url), max(files)
        rows = web.rows("instance")
        web.rows = lambda _: rows
        del web.files[lost]
        with pytest.raises(NoService, match="sent 3 of the 4 instances that it lists. 3 of 4"):
            fetch(way, ONE, tmp_path / "ct")
        web.files[lost] = files[lost]
        assert fetch(way, ONE, tmp_path / "ct").before == 3

    def test_another_instance_than_asked_for(self, web, files, tmp_path):
        first, second, *_ = sorted(files)
        web.sends = {first: second}
        with pytest.raises(UnreadableFile, match=f"sent the instance '{second}' under the UID"):
            fetch(opened(web.url), ONE, tmp_path / "ct")
        assert {p.stem for p in (tmp_path / "ct.partial").glob("*.dcm")} == set(files) - {first}

    def test_an_instance_of_another_series(self, web, files, tmp_path):
        first = min(files)
        web.files[first] = save(
            placed(plane(1), (0, 0, 0), uid=first, SeriesInstanceUID="1.2.3"), tmp_path / "x.dcm"
        )
        rows = web.rows("instance")
        web.rows = lambda _: rows
        with pytest.raises(NoService, match="sent 3 of the 4"):
            fetch(opened(web.url), ONE, tmp_path / "ct")
        assert not (tmp_path / "ct.partial" / f"{first}.dcm").exists()

    @pytest.mark.parametrize("uid", ["../../evil", "1.2.3/../4", "", "1" * 65, "1..2"])
    def test_a_uid_that_is_none_never_becomes_a_path(self, web, uid, tmp_path):
        rows = [{"00080018": {"Value": [uid]}}]
        web.rows = lambda _: rows
        with pytest.raises(LimnerError, match="lists no instances"):
            fetch(opened(web.url), ONE, tmp_path / "ct")
        assert os.listdir(tmp_path) == []

    def test_fewer_listed_than_counted(self, web, tmp_path):
        web.counts = 7
        way = opened(web.url)
        (series,) = search(way, Query("series"))
        with pytest.raises(NoService, match="counts 7 instances in this series but lists 4"):
            fetch(way, series, tmp_path / "ct")
        assert len(list((tmp_path / "ct.partial").glob("*.dcm"))) == 4

    def test_a_server_that_says_nothing(self, web, tmp_path):
        web.hang_s = 1.0
        with pytest.raises(NoService, match="did not answer within 0.2 s. Try again"):
            fetch(opened(web.url, timeout_s=0.2), ONE, tmp_path / "ct")


class TestPages:
    def test_a_server_with_short_pages_is_asked_to_the_end(self, web, files):
        web.page = 3
        assert len(opened(web.url).find(Query("instance"))) == len(files)
        assert len(web.asked) == 3

    def test_one_that_knows_no_offset_is_not_asked_for_ever(self, web, files):
        web.page, web.deaf = 3, True
        assert len(opened(web.url).find(Query("instance"))) == 3
        assert len(web.asked) == 2


class TestStoring:
    @pytest.mark.parametrize(
        "status, reason, said",
        [
            (409, 0x0122, "it does not take that SOP class"),
            (202, 0xA700, "it has no room"),
            (409, 0x1234, "reason 0x1234"),
        ],
    )
    def test_a_refusal_says_why(self, web, ct, status, reason, said):
        part = gather([ct])[0]
        failed = {
            "00081155": {"vr": "UI", "Value": [part.instance]},
            "00081197": {"vr": "US", "Value": [reason]},
        }
        web.stow = (status, {"00081198": {"vr": "SQ", "Value": [failed]}})
        (told,) = opened(web.url).store([part])
        assert told.outcome == "refused"
        assert told.said.endswith(f"did not store '{part.path.name}': {said}.")

    def test_a_conflict_without_a_word(self, web, ct):
        web.stow = (409, {})
        (told,) = opened(web.url).store(gather([ct])[:1])
        assert (told.outcome, "does not say why" in told.said) == ("refused", True)

    def test_a_warning_is_passed_on(self, web, ct):
        item = {"00081196": {"vr": "US", "Value": [0xB000]}}
        web.stow = (202, {"00081199": {"vr": "SQ", "Value": [item]}})
        (told,) = opened(web.url).store(gather([ct])[:1])
        assert (told.outcome, told.said) == ("stored", "Warning 0xB000")

    def test_an_answer_that_is_a_page(self, web, ct):
        web.instead = (200, "text/html", b"<html>")
        with pytest.raises(NoService, match="sent a web page.*0 of 4 files were stored"):
            list(store(opened(web.url), gather([ct]), again=True))


class TestTls:
    def test_a_server_without_it(self, web):
        with pytest.raises(NoService, match="cannot be trusted over TLS.*http:// if it has no TLS"):
            opened(web.url.replace("http:", "https:")).echo()

    @pytest.mark.parametrize("url", ["https://127.0.0.1:1", "dicoms://A@127.0.0.1:1"])
    def test_a_file_that_is_no_certificate(self, url, tmp_path):
        (tmp_path / "ca.pem").write_text("trust me")
        with pytest.raises(BadValue, match="holds no certificates in PEM form"):
            opened(url, trusted=tmp_path / "ca.pem").echo()

    @pytest.mark.skipif(shutil.which("openssl") is None, reason="'openssl' is not here")
    def test_a_certificate_of_ones_own(self, tmp_path):
        with served_with_tls(tmp_path) as url:
            with pytest.raises(NoService, match="self-signed certificate.*with --ca FILE"):
                opened(url).echo()
            assert opened(url, trusted=tmp_path / "cert.pem").echo() == "answers queries"


class served_with_tls:  # noqa: N801
    """A server that lists nothing, with a certificate that nobody vouches for."""

    def __init__(self, folder):
        pair = ["-keyout", folder / "key.pem", "-out", folder / "cert.pem"]
        told = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
        made = subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "2", *pair, *told],
            capture_output=True,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        self.server = HTTPServer(("127.0.0.1", 0), Nothing)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)

    def __enter__(self):
        self.thread = Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()
        return f"https://127.0.0.1:{self.server.server_address[1]}/dicom-web"

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class Nothing(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is Unix's")
def test_killed_in_the_middle_keeps_what_came_whole(web, files, tmp_path):
    web.waits_after = 2
    words = ["archive", "fetch", web.url, "--series", SERIES, "-o", str(tmp_path / "ct")]
    start = "import sys; from limner.cli import main; main(sys.argv[1:])"
    running = subprocess.Popen([sys.executable, "-c", start, *words])
    partial, until = tmp_path / "ct.partial", time.monotonic() + 60
    while len(list(partial.glob("[0-9]*.dcm"))) < 2 and time.monotonic() < until:
        time.sleep(0.01)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    here = {each.stem: each.read_bytes() for each in partial.glob("[0-9]*.dcm")}
    assert len(here) == 2
    assert all(data == files[uid].read_bytes() for uid, data in here.items())
    web.waits_after = None
    web.go_on.set()
    web.asked.clear()
    assert fetch(opened(web.url), ONE, tmp_path / "ct").before == len(here)
    assert set(web.fetched()) == set(files) - set(here)
    assert os.listdir(tmp_path) == ["ct"]
