"""Thousands of random files from numpy read by denoiscope, and as many from denoiscope read by numpy.

Usage: numpy_agreement.py NUMPY_FILES [COUNT]   (NUMPY_FILES: the program made of numpy_files.cpp)

Whatever numpy refuses, denoiscope must refuse. Whatever numpy accepts, denoiscope must accept with equal numbers, shape,
type and labels, but for what it refuses by design: `reason_to_refuse` is the whole list, and the message must give that
very reason. At the end the program is run with its own faults switched on, and each must be noticed.
"""

import hashlib
import io
import json
import os
import subprocess
import sys
import tempfile
import warnings
import zipfile

import numpy as np

SEED = 20261122
TYPES = ["|u1", "<i4", "<i8", "<f4", "<f8", ">i4", ">i8", ">f4", ">f8"]
FOREIGN_TYPES = ["|b1", "|i1", "<u2", "<i2", ">i2", "<u4", "<u8", ">u8", "<f2", "<c8", ">c16", "<f16", "|S5", "<U3",
                 "<M8[s]", "<m8[ns]", "|V4", "|O", [("a", "<f4"), ("b", "|u1")]]
DATA_NAMES, LABEL_NAMES = ["x", "data", "images", "arr_0"], ["y", "labels", "label"]


def sha(array):
    little = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False)
    return hashlib.sha256(little.tobytes()).hexdigest()


def random_array(rng):
    kind = np.dtype(FOREIGN_TYPES[rng.integers(len(FOREIGN_TYPES))] if rng.random() < 0.2 else TYPES[rng.integers(9)])
    axes = rng.choice([0, 1, 2, 3, 4, 7], p=[0.03, 0.2, 0.4, 0.2, 0.15, 0.02])
    shape = tuple(int(n) for n in rng.integers(0 if rng.random() < 0.05 else 1, 6, size=axes))
    count = int(np.prod(shape, dtype=int))
    if kind.hasobject:
        array = np.array([{"a": i} for i in range(count)], dtype=object).reshape(shape)
    elif kind.kind in "bU":
        array = rng.integers(0, 2, size=shape).astype(kind)
    else:
        array = np.frombuffer(rng.bytes(count * kind.itemsize), dtype=kind).reshape(shape)
    return np.asfortranarray(array) if rng.random() < 0.1 else array


def npy(array, version):
    content = io.BytesIO()
    with warnings.catch_warnings():  # numpy warns of versions that old readers lack
        warnings.simplefilter("ignore")
        np.lib.format.write_array(content, array, version=version, allow_pickle=True)
    return content.getvalue()


def reason_to_refuse(array):
    """Part of the message with which denoiscope refuses an array, or None. In the order of the header."""
    if array.dtype.fields is not None:
        return "Structured arrays are not read"
    if array.dtype.hasobject:
        return "never loaded"
    if array.dtype.str not in TYPES:
        return "(descr): type '"
    if array.flags.f_contiguous and not array.flags.c_contiguous:
        return "(fortran_order)"
    if array.ndim == 0:
        return "a single number without axes"
    if array.size == 0:
        return "of length 0"
    return None


class File:
    """A file, what numpy makes of it, and what denoiscope should say."""

    def __init__(self, path, content, array, labels=None, members=None, tail=None):
        self.path, self.labels, self.array = path, None, None
        with open(path, "wb") as file:
            file.write(content)
        self.reason = reason_to_refuse(array) or tail
        if members is not None and len(members) > 1 and reason_to_refuse(array):
            self.reason = f"{len(members)} arrays: "  # the message lists what there is
        if members is not None and len(members) > 1 and array.ndim == 1 and members[0] not in DATA_NAMES:
            self.reason = self.reason or f"{len(members)} arrays: "  # nothing says which is the data
        try:
            with np.load(path, allow_pickle=False) if members else open(path, "rb") as source:
                self.array = source[members[0]] if members else np.lib.format.read_array(source, allow_pickle=False)
                if members and labels is not None:
                    self.labels = source[labels].astype("<i8")
        except Exception:  # numpy, zipfile and zlib each have their own ways to refuse
            self.array = None

    def complaint(self, fields):
        """What is wrong with the answer of denoiscope, or None."""
        said = fields[1]
        if self.array is None:
            return None if fields[0] == "refused" else "numpy refuses it, denoiscope does not"
        if fields[0] == "refused":
            if self.reason is None:
                return "refused, but numpy accepts it: " + said
            return None if self.reason in said else f"refused for another reason than '{self.reason}': {said}"
        if self.reason is not None:
            return f"accepted in spite of '{self.reason}'"
        extents = self.array.shape if self.array.ndim > 1 else (len(self.array), 1)
        expected = [self.array.dtype.str[1:], " ".join(map(str, extents)), sha(self.array),
                    "-" if self.labels is None else sha(self.labels)]
        return None if fields[1:] == expected else f"{fields[1:]} instead of {expected}"


def random_npy(rng, path):
    array = random_array(rng)
    content = npy(array, [None, (1, 0), (2, 0), (3, 0)][rng.integers(4)])
    damage = rng.random()
    if damage < 0.04:
        return File(path, content[: rng.integers(len(content))], array)
    if damage < 0.06:  # another magic or version
        at = rng.integers(8)
        return File(path, content[:at] + bytes([content[at] ^ 0x80]) + content[at + 1 :], array)
    if damage < 0.08:  # numpy reads what it needs and leaves the rest
        return File(path, content + rng.bytes(1 + rng.integers(9)), array, tail="The file has a tail")
    return File(path, content, array)


def random_npz(rng, path):
    array = random_array(rng)
    names = [(DATA_NAMES + ["other"])[rng.integers(5)]]
    arrays, labels = [array], None
    if rng.random() < 0.6 and array.ndim > 0 and len(array) > 0:
        name = LABEL_NAMES[rng.integers(3)]
        length = len(array) + (rng.random() < 0.1)
        kind = TYPES[rng.integers(9)]
        values = rng.integers(0, 200, size=length).astype(kind)
        if length == len(array) and values.dtype.kind in "iu":
            labels = name
        names.append(name)
        arrays.append(values)
    if rng.random() < 0.2 and array.ndim > 1:  # beside the data anything may lie
        names.append("names")
        arrays.append([np.array(["a", None], dtype=object), np.array(["a", "b"])][rng.integers(2)])
    content = io.BytesIO()
    method = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED][rng.integers(2)]
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, each in zip(names, arrays):
            with archive.open(name + ".npy", "w", force_zip64=bool(rng.integers(2))) as member:
                member.write(npy(each, None))
    content = content.getvalue()
    damage = rng.random()
    if damage < 0.04:
        return File(path, content[: rng.integers(len(content))], array, labels, names)
    return File(path, content, array, labels, names)


def answers(program, *arguments):
    done = subprocess.run([program, *map(str, arguments)], stdout=subprocess.PIPE, check=True, text=True)
    return {line.split("\t")[0]: line.split("\t")[1:] for line in done.stdout.splitlines()}


def read_by_denoiscope(program, files, folder, fault=""):
    listing = os.path.join(folder, "list")
    with open(listing, "w") as out:
        out.writelines(file.path + "\n" for file in files)
    said = answers(program, "read", listing, *([fault] if fault else []))
    complaints = [(file.path, file.complaint(said[file.path])) for file in files]
    return [each for each in complaints if each[1]]


def load_safetensors(path):
    with open(path, "rb") as file:
        content = file.read()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    types = {"U8": "|u1", "I32": "<i4", "I64": "<i8", "F32": "<f4", "F64": "<f8"}
    arrays = {}
    for name, tensor in header.items():
        if name != "__metadata__":
            begin, end = (8 + length + offset for offset in tensor["data_offsets"])
            arrays[name] = np.frombuffer(content[begin:end], types[tensor["dtype"]]).reshape(tensor["shape"])
    return arrays


def load_by_numpy(path, kind, extents):
    """Data and labels (or None) of a file that denoiscope wrote."""
    if path.endswith(".npy"):
        return np.load(path, allow_pickle=False), None
    if path.endswith(".csv"):
        with open(path) as file:
            names = file.readline().strip().split(",")
            rows = [line.split(",") for line in file]
        labels = np.array([int(row.pop()) for row in rows], "<i8") if names[-1] == "label" else None
        to = int if kind[0] in "iu" else float
        return np.array([[to(cell) for cell in row] for row in rows]).astype(kind).reshape(extents), labels
    arrays = dict(np.load(path, allow_pickle=False)) if path.endswith(".npz") else load_safetensors(path)
    data = [name for name in arrays if name != "labels"]
    assert data in (["x"], ["images"]), data
    return arrays[data[0]], arrays.get("labels")


def read_by_numpy(program, folder, count, fault=""):
    os.makedirs(folder)
    complaints = []
    for path, fields in answers(program, "write", folder, count, SEED, *([fault] if fault else [])).items():
        _, kind, extents, numbers, labels_sha = fields
        extents = tuple(map(int, extents.split()))
        try:
            array, labels = load_by_numpy(path, kind, extents)
        except Exception as error:
            complaints.append((path, repr(error)))
            continue
        if path.endswith(".npy"):
            labels_sha = "-"  # which holds one array
        found = [array.dtype.str[1:], array.shape, sha(array), "-" if labels is None else sha(labels)]
        if found != [kind, extents, numbers, labels_sha]:
            complaints.append((path, f"{found} instead of {fields}"))
    return complaints


def main(program, count):
    rng = np.random.default_rng(SEED)
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        files = [(random_npz if i % 2 else random_npy)(rng, os.path.join(folder, str(i))) for i in range(count)]
        refused = sum(file.array is None for file in files)
        by_design = sum(file.array is not None and file.reason is not None for file in files)
        print(f"numpy -> denoiscope: {count} files; numpy refuses {refused}, denoiscope by design {by_design} more")
        wrong = read_by_denoiscope(program, files, folder)
        wrong += read_by_numpy(program, os.path.join(folder, "written"), count)
        print(f"denoiscope -> numpy: {count} files; {len(wrong)} disagreements in both directions")
        for path, complaint in wrong[:20]:
            print(f"  {path}: {complaint}")
        if wrong or min(refused, by_design, count - refused - by_design) < count // 50:
            failed = True
        few = files[: min(count, 500)]
        for fault in ["order", "shape", "lenient", "labels"]:
            noticed = len(read_by_denoiscope(program, few, folder, fault))
            print(f"reading with the fault '{fault}': {noticed} disagreements in {len(few)} files")
            failed = failed or noticed == 0
        for fault in ["order", "labels"]:
            noticed = len(read_by_numpy(program, os.path.join(folder, "fault-" + fault), len(few), fault))
            print(f"writing with the fault '{fault}': {noticed} disagreements in {len(few)} files")
            failed = failed or noticed == 0
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 10_000))
