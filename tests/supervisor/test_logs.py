"""Logs of the children: rotation, whole lines, and a disk that takes no more."""

from __future__ import annotations

from ztassess.supervisor.logs import MAX_LINE, LineCutter, RotatingLog


def test_log_rotates_by_size_and_keeps_three_old_files(tmp_path):
    log = RotatingLog(tmp_path / "web.log", max_bytes=100)
    for number in range(50):
        log.write(f"{number:04d} {'x' * 34}\n".encode())
    log.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["web.log", "web.log.1", "web.log.2", "web.log.3"]
    assert all(path.stat().st_size <= 100 for path in tmp_path.iterdir())
    newest = (tmp_path / "web.log.1").read_text() + (tmp_path / "web.log").read_text()
    assert [line[:4] for line in newest.splitlines()] == ["0046", "0047", "0048", "0049"]


def test_log_is_private_and_is_appended_to(tmp_path):
    for text in (b"one\n", b"two\n"):
        log = RotatingLog(tmp_path / "web.log")
        log.write(text)
        log.close()
    assert (tmp_path / "web.log").read_bytes() == b"one\ntwo\n"
    assert (tmp_path / "web.log").stat().st_mode & 0o777 == 0o600


def test_log_that_cannot_be_written_says_so_and_recovers(tmp_path):
    log = RotatingLog(tmp_path / "missing" / "web.log")
    log.write(b"lost\n")
    assert log.failed is not None
    (tmp_path / "missing").mkdir()
    log.write(b"kept\n")
    log.close()
    assert log.failed is None
    assert (tmp_path / "missing" / "web.log").read_bytes() == b"kept\n"


def test_lines_are_whole_whatever_the_pieces():
    seen: list[str] = []
    cutter = LineCutter(seen.append)
    for piece in (b"fir", b"st\nsec\xc3", b"\xa9ond\r\n", b"\xff", b" tail"):
        cutter.feed(piece)
    cutter.close()
    assert seen == ["first", "sec\u00e9ond", "\ufffd tail"]


def test_line_without_end_does_not_grow_for_ever():
    seen: list[str] = []
    cutter = LineCutter(seen.append)
    for _ in range(5):
        cutter.feed(b"x" * MAX_LINE)
    assert sum(map(len, seen)) >= 4 * MAX_LINE
