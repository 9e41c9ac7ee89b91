"""Archives on the DICOM network that refuse, stumble, or send what they should not."""

import os

import pytest

from limner.archive.fetch import fetch
from limner.archive.query import Query
from limner.archive.search import search
from limner.archive.store import gather, store
from limner.archive.ways._classes import EXPLICIT, FIND, GET, IMPLICIT, LABELMAP, MOVE, VERIFICATION
from limner.errors import BadValue, NoService
from tests.archive.conftest import let_go, opened, refused
from tests.archive.orthanc import free_ports
from tests.archive.stub_dicom import CT, StubDicom
from tests.dicom.make import SERIES, STUDY, placed, plane, save

ONE = {"study": STUDY, "series": SERIES}


@pytest.fixture
def served(files):
    """A server with settings that it must have from its start."""
    running = []

    def start(**settings):
        running.append(StubDicom(dict(files), **settings).__enter__())
        return running[-1]

    yield start
    let_go()
    for each in running:
        each.__exit__()


class TestAssociations:
    def test_wrong_title_of_the_archive(self, dicom):
        url = dicom.url.replace("STUB", "OTHER")
        with pytest.raises(NoService, match="is not called 'OTHER'. Write its own AE title"):
            opened(url).echo()

    def test_a_title_of_ours_that_it_does_not_know(self, served):
        stub = served(knows=("KNOWN",))
        with pytest.raises(NoService, match="does not know who asks: 'LIMNER'.*--me TITLE"):
            opened(stub.url).echo()
        assert opened(stub.url, me="KNOWN").echo()

    def test_a_server_that_takes_no_queries(self, served):
        stub = served(services=(VERIFICATION,))
        assert opened(stub.url).echo() == "takes neither queries nor retrieval"
        with pytest.raises(NoService, match="does not take: Study Root .* FIND"):
            opened(stub.url).find(Query("study"))

    @refused
    def test_a_server_that_speaks_http(self, web):
        url = web.url.replace("http://", "dicom://STUB@").removesuffix("/dicom-web")
        with pytest.raises(NoService, match="may not speak DICOM on this port"):
            opened(url, timeout_s=1.0).echo()

    @refused
    def test_a_server_without_tls(self, dicom):
        url = dicom.url.replace("dicom:", "dicoms:")
        with pytest.raises(NoService, match="dicom:// if"):
            opened(url, timeout_s=1.0).echo()

    def test_a_failed_echo(self, dicom):
        dicom.status = {"echo": 0x0122}
        with pytest.raises(NoService, match="refuses what was asked: Failure 0x0122"):
            opened(dicom.url).echo()


class TestQueries:
    def test_a_server_that_says_nothing(self, dicom):
        dicom.silent = "find"
        with pytest.raises(NoService, match="broke off, or said nothing for 0.3 s"):
            opened(dicom.url, timeout_s=0.3).find(Query("study"))

    def test_a_status_that_is_a_failure(self, dicom):
        dicom.status = {"find": 0xA700}
        with pytest.raises(NoService, match="Failure 0xA700"):
            opened(dicom.url).find(Query("study"))

    def test_after_a_failure_it_is_asked_anew(self, dicom):
        way = opened(dicom.url, timeout_s=0.3)
        dicom.silent = "find"
        with pytest.raises(NoService):
            way.find(Query("study"))
        dicom.silent = ""
        assert len(way.find(Query("study"))) == 1

    def test_letters_beyond_ascii_name_their_character_set(self, dicom):
        opened(dicom.url).find(Query("study", (("patient_name", "Müller*"),)))
        assert dicom.asked[-1].SpecificCharacterSet == "ISO_IR 192"
        assert str(dicom.asked[-1].PatientName) == "Müller*"

    def test_modality_narrows_the_studies_too(self, dicom):
        search(opened(dicom.url), Query("series", (("modality", "CT"),)))
        studies, series = dicom.asked
        assert (studies.QueryRetrieveLevel, studies.ModalitiesInStudy) == ("STUDY", "CT")
        assert (series.QueryRetrieveLevel, series.Modality) == ("SERIES", "CT")
        assert series.StudyInstanceUID == STUDY


@refused
class TestMoving:
    def test_to_our_own_listener(self, served, tmp_path):
        (port,) = free_ports(1)
        stub = served(services=(FIND, MOVE), destination=port)
        assert fetch(opened(stub.url, listen=port), ONE, tmp_path / "ct").total == 4
        assert stub.asked[-1].QueryRetrieveLevel == "SERIES"

    def test_an_archive_that_sends_after_its_answer(self, served, tmp_path):
        (port,) = free_ports(1)
        stub = served(services=(FIND, MOVE), destination=port, late=True)
        assert fetch(opened(stub.url, listen=port), ONE, tmp_path / "ct").total == 4
        stub.leaves_out = 1
        with pytest.raises(NoService, match="sent 3 of the 4"):
            fetch(opened(stub.url, listen=port, timeout_s=1.5), ONE, tmp_path / "other")

    def test_a_destination_that_is_not_known_is_replaced_by_c_get(self, dicom, tmp_path):
        assert fetch(opened(dicom.url, listen=free_ports(1)[0]), ONE, tmp_path / "ct").total == 4

    def test_a_destination_that_is_not_known_without_c_get(self, served, tmp_path):
        stub, (port,) = served(services=(FIND, MOVE)), free_ports(1)
        with pytest.raises(NoService, match=f"could not send .*0xA801.*port {port}"):
            fetch(opened(stub.url, listen=port), ONE, tmp_path / "ct")

    def test_an_address_that_is_wrong_in_the_archive(self, served, tmp_path):
        elsewhere, here = free_ports(2)
        stub = served(services=(FIND, MOVE), destination=elsewhere)
        with pytest.raises(NoService, match="could not send everything to 'LIMNER'"):
            fetch(opened(stub.url, listen=here), ONE, tmp_path / "ct")

    def test_a_refused_move(self, served, tmp_path):
        (port,) = free_ports(1)
        stub = served(services=(FIND, MOVE), destination=port, status={"move": 0xA900})
        with pytest.raises(NoService, match="refuses the C-MOVE: Failure 0xA900"):
            fetch(opened(stub.url, listen=port), ONE, tmp_path / "ct")

    def test_a_port_that_is_taken(self, dicom, tmp_path):
        with pytest.raises(BadValue, match=f"{dicom.port} cannot be listened on: Address already"):
            fetch(opened(dicom.url, listen=dicom.port), ONE, tmp_path / "ct")

    def test_neither_a_port_nor_c_get(self, served, tmp_path):
        stub = served(services=(FIND, MOVE))
        with pytest.raises(NoService, match="--listen PORT"):
            fetch(opened(stub.url), ONE, tmp_path / "ct")

    def test_a_server_that_says_nothing_is_waited_for_only_so_long(self, served, tmp_path):
        (port,) = free_ports(1)
        stub = served(services=(FIND, MOVE), destination=port, silent="move")
        with pytest.raises(NoService, match="broke off, or said nothing for 0.4 s.*Nothing of the"):
            fetch(opened(stub.url, listen=port, timeout_s=0.4), ONE, tmp_path / "ct")

    def test_a_server_that_dies_in_the_middle(self, served, files, tmp_path):
        (port,) = free_ports(1)
        stub = served(services=(FIND, MOVE), destination=port, aborts_at=2)
        way = opened(stub.url, listen=port)
        with pytest.raises(NoService, match="broke off.*2 of 4 instances are kept"):
            fetch(way, ONE, tmp_path / "ct")
        stub.aborts_at = None
        assert fetch(way, ONE, tmp_path / "ct").before == 2
        asked = stub.asked[-1]
        assert asked.QueryRetrieveLevel == "IMAGE"
        assert len(asked.SOPInstanceUID) == 2


class TestWhatComes:
    def test_a_series_that_was_sent_in_part(self, dicom, tmp_path):
        dicom.leaves_out = 1
        way = opened(dicom.url)
        with pytest.raises(NoService, match="sent 3 of the 4 instances that it lists. 3 of 4"):
            fetch(way, ONE, tmp_path / "ct")
        dicom.leaves_out = 0
        assert fetch(way, ONE, tmp_path / "ct").before == 3

    def test_the_same_uid_twice_with_other_contents(self, dicom, files, tmp_path):
        dicom.twice = True
        done = fetch(opened(dicom.url), ONE, tmp_path / "ct")
        assert done.total == 4
        (said,) = done.remarks
        assert said.startswith("4 came twice with different contents under one UID; the first")
        assert min(files) in said

    def test_another_series(self, dicom, tmp_path):
        other = placed(plane(1), (0, 0, 0), SeriesInstanceUID="1.2.3")
        dicom.foreign = save(other, tmp_path / "other.dcm")
        done = fetch(opened(dicom.url), ONE, tmp_path / "ct")
        assert done.total == 4
        assert done.remarks == ("1 that belong to other series came and were not kept.",)

    def test_more_than_was_listed(self, dicom, tmp_path):
        """A scanner may still be sending while the series is fetched."""
        dicom.foreign = save(placed(plane(5), (0, 0, 12)), tmp_path / "new.dcm")
        done = fetch(opened(dicom.url), ONE, tmp_path / "ct")
        assert done.total == 5
        assert "1 more came than were listed" in done.remarks[0]

    def test_implicit_samples_are_kept_as_they_come(self, served, tmp_path):
        from limner.cases.open import read

        stub = served(syntaxes=(IMPLICIT,))
        fetch(opened(stub.url), ONE, tmp_path / "ct")
        assert read(tmp_path / "ct").grid.shape == (4, 4, 5)


class TestStoring:
    def test_a_class_that_is_not_taken(self, dicom, tmp_path):
        dataset = placed(plane(1), (0, 0, 0))
        dataset.SOPClassUID = LABELMAP
        part = gather([save(dataset, tmp_path / "a.dcm")])[0]
        (told,) = store(opened(dicom.url), [part])
        assert told.outcome == "refused"
        assert "does not take Label Map Segmentation Storage" in told.said
        assert "Store the mask as a BINARY SEG: limner convert a.dcm -o NAME.seg.dcm" in told.said

    def test_one_class_of_two(self, dicom, ct, tmp_path):
        dicom.files.clear()
        dataset = placed(plane(1), (0, 0, 0))
        dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.88.22"
        parts = gather([save(dataset, tmp_path / "sr.dcm"), ct])
        told = {each.part.path.name: each for each in store(opened(dicom.url), parts)}
        assert told.pop("sr.dcm").said.endswith("Have its administrator allow it.")
        assert {each.outcome for each in told.values()} == {"stored"}

    def test_uncompressed_samples_are_written_as_the_archive_takes_them(self, served, ct):
        stub = served(syntaxes=(IMPLICIT,))
        stub.files.clear()
        assert {each.outcome for each in store(opened(stub.url), gather([ct]))} == {"stored"}
        assert {syntax for syntax, _ in stub.stored} == {IMPLICIT}

    def test_compressed_samples_are_not(self, served, tmp_path):
        import pydicom

        stub = served(syntaxes=(EXPLICIT,))
        dataset = placed(plane(1), (0, 0, 0))
        dataset.compress(pydicom.uid.RLELossless)
        (told,) = store(opened(stub.url), gather([save(dataset, tmp_path / "a.dcm")]))
        assert told.outcome == "refused"
        assert "does not take CT Image Storage (1.2.840.10008.5.1.4.1.1.2) as RLE" in told.said

    @pytest.mark.parametrize(
        "status, outcome, said",
        [(0xA700, "refused", "Failure 0xA700"), (0xB000, "stored", "Warning 0xB000")],
    )
    def test_a_status(self, dicom, ct, status, outcome, said):
        dicom.status = {"store": status}
        (told,) = opened(dicom.url).store(gather([ct])[:1])
        assert (told.outcome, told.said) == (outcome, said)

    def test_a_server_that_may_not_be_asked_takes_all_the_same(self, served, ct):
        stub = served(services=(VERIFICATION,))
        assert [each.outcome for each in store(opened(stub.url), gather([ct]))] == ["stored"] * 4

    def test_a_server_that_says_nothing(self, dicom, ct):
        dicom.files.clear()
        dicom.silent = "store"
        with pytest.raises(NoService, match="said nothing for 0.3 s.*0 of 4 files were stored"):
            list(store(opened(dicom.url, timeout_s=0.3), gather([ct])))


def test_what_is_asked_for_is_one_series(dicom, tmp_path):
    assert (dicom.classes[0], dicom.services[-1]) == (CT, GET)
    fetch(opened(dicom.url), ONE, tmp_path / "ct")
    assert (dicom.asked[-1].StudyInstanceUID, dicom.asked[-1].SeriesInstanceUID) == (STUDY, SERIES)
    assert os.listdir(tmp_path) == ["ct"]
