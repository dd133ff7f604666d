"""`BackupAndRestore`: a training that was broken off goes on where it was."""

from __future__ import annotations

import json
import os
from pathlib import Path

from tinygraph.files import write_whole
from tinygraph.nn.callbacks.base import Logs
from tinygraph.nn.callbacks.periodic import Periodic
from tinygraph.nn.checks import file_name, flag
from tinygraph.saving import container
from tinygraph.saving.errors import ModelFormatError
from tinygraph.saving.position import plain_position, read_position
from tinygraph.saving.state import arrays_of, take_arrays


class BackupAndRestore(Periodic):
    """Writes the state of training to a folder, and takes it up in the next `fit`, if there is one.

    `fit` then begins with the batch after those that are done, amid an epoch too. Weights, the optimizer's
    state, the order of samples, random numbers, states, sums of losses and metrics, the history and what
    callbacks keep are those of the run that was broken off: the end is that of a run which was not, bit for
    bit. A whole `fit` removes the files.

    Args:
        backup_dir: the folder; it is made, and should be of this `fit` alone.
        save_freq: ``"epoch"``, or after how many batches.
        double_checkpoint: whether to keep the state before the last one, which is taken up where the last
            one cannot be read.
        delete_checkpoint: whether the files are removed at the end.

    >>> import tempfile
    >>> from tinygraph.nn.callbacks import BackupAndRestore
    >>> backup = BackupAndRestore(tempfile.gettempdir() + "/run")
    """

    comes_last = True

    def __init__(
        self,
        backup_dir: str | os.PathLike[str],
        save_freq: str | int = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ):
        super().__init__(save_freq)
        self.folder = Path(file_name("BackupAndRestore", "backup_dir", backup_dir, "folder"))
        self.latest = self.folder / "latest.safetensors"
        self.earlier = self.folder / "latest.safetensors.bkp"
        self.double_checkpoint = flag("BackupAndRestore", "double_checkpoint", double_checkpoint)
        self.delete_checkpoint = flag("BackupAndRestore", "delete_checkpoint", delete_checkpoint)

    def on_train_begin(self, logs: Logs) -> None:
        """Take up what was left, if there is something."""
        self.epoch = 0
        there = [file for file in (self.latest, self.earlier) if file.exists()]
        for file in there:
            try:
                self._take_up(file)
                return
            except ModelFormatError:
                if file is there[-1]:
                    raise

    def _take_up(self, file: Path) -> None:
        arrays, metadata, _ = container.read(file)
        told = container.parsed(file, "position", metadata.get("position", "null"))
        position = read_position(told, arrays, file)
        take_arrays(self.model, arrays, file)
        self.model.begin_at(position)

    def write(self, logs: Logs, batch: int | None) -> None:
        """Write the model, and how far its training is."""
        if not self.model.is_root:
            return
        if self.double_checkpoint and self.latest.exists():
            write_whole(self.earlier, self.latest.read_bytes())
        plain, arrays = plain_position(self.model.position)
        container.write(self.latest, arrays | arrays_of(self.model), {"position": json.dumps(plain)})

    def on_train_end(self, logs: Logs) -> None:
        """Remove the files, and the folder if nothing else is in it."""
        if not self.delete_checkpoint or not self.model.is_root:
            return
        for file in (self.latest, self.earlier):
            file.unlink(missing_ok=True)
        if self.folder.is_dir() and not any(self.folder.iterdir()):
            self.folder.rmdir()
