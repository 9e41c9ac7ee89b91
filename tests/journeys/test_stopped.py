"""What stops the program in between leaves an earlier file whole and no half-written one."""

import os
import shutil
import signal
import subprocess
import sys
import textwrap
from contextlib import suppress

import pytest

from limner.cases.save import read_mask
from tests.cli.scans import picture
from tests.data import CHECKOUT

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals and mounts are those of Unix")

# The command line with 'fake', which waits in the middle of writing once it has said so.
SLOW = textwrap.dedent("""
    import signal, sys, time
    from pathlib import Path
    import limner.safely as safely
    # as in a terminal: a test run that was put in the background hands on a deaf ear
    signal.signal(signal.SIGINT, signal.default_int_handler)
    to_disk = safely._to_disk
    def slowly(path):
        with path.open("rb+") as file:
            file.truncate(path.stat().st_size // 2)
        print("writing", flush=True)
        time.sleep(60)
        to_disk(path)
    safely._to_disk = slowly
    from tests.cli.fake import register
    from limner.cli import main
    register()
    main(sys.argv[1:])
""")


def started(*words, code=None, **options):
    start = ["-c", code] if code else ["-m", "tests.cli.fake"]
    return subprocess.Popen(
        [sys.executable, *start, *(str(word) for word in words)],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": f"{CHECKOUT / 'src'}{os.pathsep}{CHECKOUT}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def words(folder, *, box="20,30 39,59"):
    scan = picture(folder / "scan.png")
    return ("segment", "-i", scan, "-o", folder / "m.png", "--index", "--box", box, "-m", "fake")


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGKILL], ids=["ctrl-c", "kill"])
def test_stopped_in_the_middle_of_writing(tmp_path, stop):
    (tmp_path / "m.png").write_bytes(b"an earlier mask")
    process = started(*words(tmp_path), code=SLOW)
    assert process.stdout.readline() == "writing\n"
    process.send_signal(stop)
    _, err = process.communicate(timeout=60)
    assert (tmp_path / "m.png").read_bytes() == b"an earlier mask"
    left = {path.name for path in tmp_path.iterdir()} - {"scan.png", "m.png"}
    if stop == signal.SIGINT:
        assert process.returncode == 130
        assert err == "limner: Stopped. Files that were not finished were not written.\n"
        assert left == set()
    else:  # nothing runs after SIGKILL: a file with the temporary name may stay
        assert all(name.startswith(".limner-") for name in left)


def test_two_writers_of_one_file_leave_one_whole_answer(tmp_path):
    boxes = ("20,30 39,59", "10,10 14,19")  # 600 and 50 pixels
    running = [started(*words(tmp_path, box=box)) for box in boxes]
    for each in running:
        _, err = each.communicate(timeout=120)
        assert each.returncode == 0, err
    assert read_mask(tmp_path / "m.png").voxels(1) in {600, 50}
    assert {path.name for path in tmp_path.iterdir()} == {"scan.png", "m.png"}


def test_a_full_disk_keeps_the_earlier_file(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("a small disk of its own needs root; nobody else may mount one")
    if subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("this machine does not let root mount a small disk (a container?)")
    try:
        (disk / "m.png").write_bytes(b"an earlier mask")
        with suppress(OSError), (disk / "rest").open("wb", buffering=0) as rest:
            while True:
                rest.write(bytes(1024))
        process = started(
            *(disk / "m.png" if w == tmp_path / "m.png" else w for w in words(tmp_path))
        )
        out, err = process.communicate(timeout=120)
        assert process.returncode == 2, err
        assert out == ""
        assert "could not be written: No space left on device" in err
        assert (disk / "m.png").read_bytes() == b"an earlier mask"
        assert sorted(path.name for path in disk.iterdir()) == ["m.png", "rest"]
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_read_only_folder_keeps_the_earlier_file(tmp_path):
    """As another user where the tests run as root, for root may write everywhere."""
    folder = tmp_path / "locked"
    folder.mkdir()
    (folder / "m.png").write_bytes(b"an earlier mask")
    options = {}
    if os.geteuid() == 0:
        options = {"user": 65534, "group": 65534, "extra_groups": []}
        for each in (tmp_path, *tmp_path.parents[:2]):  # pytest keeps them to their owner
            each.chmod(0o755)
    given = [folder / "m.png" if w == tmp_path / "m.png" else w for w in words(tmp_path)]
    (tmp_path / "scan.png").chmod(0o644)
    folder.chmod(0o555)
    try:
        process = started(*given, **options)
    except PermissionError:
        pytest.skip("another user cannot run this Python")
    out, err = process.communicate(timeout=120)
    folder.chmod(0o755)
    if "ModuleNotFoundError" in err or ("PermissionError" in err and "limner: " not in err):
        pytest.skip("another user cannot read this checkout")
    assert process.returncode == 2, err
    assert out == ""
    assert "could not be written: Permission denied" in err
    assert (folder / "m.png").read_bytes() == b"an earlier mask"


def test_a_pipe_that_nobody_reads_is_no_crash(tmp_path):
    process = started("--help")
    process.stdout.close()
    process.stdout = None
    _, err = process.communicate(timeout=60)
    assert process.returncode in {0, 1}
    assert "Traceback" not in err
