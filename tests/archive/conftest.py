"""A little series, the two servers that misbehave, and one that is real."""

import gc
import warnings

import pytest

from limner.archive.address import Address
from limner.archive.ways import WAYS
from tests.archive.orthanc import Orthanc
from tests.archive.stub_dicom import StubDicom
from tests.archive.stub_web import StubWeb
from tests.dicom.make import stack


@pytest.fixture(autouse=True)
def alone(monkeypatch, tmp_path):
    """No archives, passwords or proxies of whoever runs the tests."""
    for each in ("USER", "PASSWORD", "TOKEN"):
        monkeypatch.delenv(f"LIMNER_ARCHIVE_{each}", raising=False)
    for each in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(each, raising=False)
        monkeypatch.delenv(each.upper(), raising=False)
    monkeypatch.setenv("LIMNER_ARCHIVES", str(tmp_path / "none.toml"))
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))
    monkeypatch.setattr("limner.archive.ways._http.PAUSE_S", 0.01)


@pytest.fixture(scope="session")
def ct(tmp_path_factory):
    """A folder with a series of four slices."""
    folder = tmp_path_factory.mktemp("archive") / "ct"
    stack(folder)
    return folder


@pytest.fixture(scope="session")
def files(ct):
    """The path of each instance, by UID."""
    from limner.archive.store import gather

    return {part.instance: part.path for part in gather([ct])}


@pytest.fixture
def web(files):
    with StubWeb(dict(files)) as stub:
        yield stub
        let_go()


@pytest.fixture
def dicom(files):
    with StubDicom(dict(files)) as stub:
        yield stub
        let_go()


@pytest.fixture(params=["dicomweb", "dimse"])
def stub(request, files):
    """Either server, for what holds of both."""
    made = StubWeb(dict(files)) if request.param == "dicomweb" else StubDicom(dict(files))
    with made:
        yield made
        let_go()


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory):
    server = Orthanc(tmp_path_factory.mktemp("orthanc")).start()
    yield server
    server.kill()


@pytest.fixture
def collected():
    """What was left to the garbage collector is collected now, without a warning."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def refused(test):
    """Mark a test whose connection is refused: pynetdicom leaves its socket to the collector."""
    quiet = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
    return pytest.mark.usefixtures("collected")(quiet(test))


WAYS_OPEN = []


def let_go():
    """Close what a test has opened, before its server goes."""
    while WAYS_OPEN:
        WAYS_OPEN.pop().close()


def opened(url, **told):
    """The archive, let go of when its server goes."""
    address = Address(url, **{"timeout_s": 10.0, **told})
    WAYS_OPEN.append(WAYS.get(address.way)(address))
    return WAYS_OPEN[-1]
