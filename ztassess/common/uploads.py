"""Owns how uploaded files arrive: within the limits before anything is kept, and in files without a name."""

from __future__ import annotations

import tempfile
from typing import IO, Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest

CHUNK = 64 * 1024


class LimitedUploads(FileUploadHandler):
    """Takes up to `UPLOAD_FILES_LIMIT` files of together `UPLOAD_LIMIT` bytes, or `UPLOAD_LARGER` at a path of it.

    What exceeds that is read from the line and thrown away, so that the browser shows our answer; `upload_refusal`
    says why. The files have no name in any folder, so they go with the process, however it ends.
    """

    file: UploadedFile[Any]  # the one that arrives now; Django closes it if the upload is stopped

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self._files = self._bytes = 0
        self._limit = upload_limit(request)
        self._too_large = False

    def handle_raw_input(
        self,
        input_data: IO[bytes],
        META: dict[str, str],  # noqa: N803  Django's name
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        self._line = input_data
        self._too_large = content_length > self._limit + settings.DATA_UPLOAD_MAX_MEMORY_SIZE

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._files += 1
        most = settings.UPLOAD_FILES_LIMIT
        if self._files > most:
            self._refuse(f"These are more than {most} files; {most} are taken at once. Nothing was kept.")
        if self._too_large:
            self._refuse_size()
        content: Any = tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR)  # noqa: SIM115  closed with the request
        self.file = UploadedFile(content, self.file_name, self.content_type, 0, self.charset)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._bytes += len(raw_data)
        if self._bytes > self._limit:
            self._refuse_size()
        self.file.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile[Any]:
        complete = self.file
        del self.file
        complete.seek(0)
        complete.size = file_size
        return complete

    def upload_interrupted(self) -> None:
        if hasattr(self, "file"):
            self.file.close()

    def _refuse_size(self) -> None:
        limit = self._limit // 1024 // 1024
        self._refuse(f"Together the files are larger than {limit} MiB. Nothing was kept.")

    def _refuse(self, sentence: str) -> None:
        self.request.upload_refusal = sentence  # type: ignore[union-attr]  # read by upload_refusal
        # Django's own way to read the rest takes it line by line, and a file may be one line of any length.
        while self._line.read(CHUNK):
            pass
        raise StopUpload(connection_reset=True)


def upload_limit(request: HttpRequest | None) -> int:
    """How many bytes this request may bring. Who has not signed in may bring no more anywhere."""
    larger = settings.UPLOAD_LARGER.get(request.path_info) if request is not None else None
    if larger is None or not getattr(request, "user", None) or not request.user.is_authenticated:  # type: ignore[union-attr]  # a path came from it
        return int(settings.UPLOAD_LIMIT)
    return int(larger)


def upload_refusal(request: HttpRequest) -> str:
    """Why the files of this request were not taken; empty if they were."""
    return str(getattr(request, "upload_refusal", ""))
