#!/usr/bin/env python3
"""Writes seeds/ (small valid files) and known_bad/ (one file a historical bug class) with known_bad/manifest.tsv.

Their output is committed: tests and fuzzers need no Python. Run it from anywhere after adding a row; standard library only.
"""
import base64
import hashlib
import os
import struct
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
MANIFEST = []


def write(folder, name, content):
    path = os.path.join(HERE, folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as file:
        file.write(content)


def seed(target, name, content):
    write('seeds', f'{target}/{name}', content)


def bad(target, name, content, offset, field, crime, code=3):
    """One line of the manifest; content None: known_bad.sh makes the file, which is too large to be kept."""
    if content is not None:
        write('known_bad', f'{target}/{name}', content)
    MANIFEST.append(f'{target}/{name}\t{code}\t{offset}\t{field}\t{crime}\n')


# ---- npy
def npy(header, payload=b'', version=1, length=None, pad=0):
    text = header.encode()
    text += b' ' * max(0, pad - 10 - len(text) - 1) + (b'\n' if pad else b'')
    size = len(text) if length is None else length
    return b'\x93NUMPY' + bytes([version, 0]) + struct.pack('<H' if version == 1 else '<I', size) + text + payload


def described(descr, shape, fortran='False'):
    return f"{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}"


SIX = struct.pack('<6d', 1, 2, 3, 4, 5, 6)
X = npy(described('<f8', '(2, 3)'), SIX)
Y = npy(described('<i8', '(2,)'), struct.pack('<2q', 7, 3))


def make_npy():
    seed('npy', 'f8', X)
    seed('npy', 'labels', Y)
    seed('npy', 'u1-images', npy(described('|u1', '(2, 2, 2, 3)'), bytes(range(24)), 2))
    seed('npy', 'f4-swapped', npy("{\"shape\":(2L,1L,),'fortran_order':False,'descr':'>f4'}", struct.pack('>2f', 1, 2), 3))
    end = 10 + len(described('<f8', '(2, 3)'))

    def header(name, text, offset, field, crime, payload=SIX):
        bad('npy', name, npy(text, payload), offset, field, crime)

    bad('npy', '65536x65536-f8', npy(described('<f8', '(65536, 65536)'), pad=80), 80, 'numbers',
        '80 bytes that claim 32 GiB (numpy allocates them)')
    bad('npy', 'v2-header-4gib', b'\x93NUMPY\2\0\xff\xff\xff\xff', 8, 'header length', '12 bytes that claim a header of 4 GiB')
    bad('npy', 'header-cut', npy(described('<f8', '(2, 3)'), length=60000), 10, 'header', 'header longer than the file')
    for name, shape in (('product-wraps-to-0', '(4294967296, 4294967296)'), ('product-wraps-to-64', '(2305843009213693953, 8)')):
        bad('npy', name, npy(described('<f8', shape), SIX), 10 + len(described('<f8', shape)), 'shape',
            'extents whose product wraps 64 bits')
    header('extent-of-2-to-64', described('<f8', '(18446744073709551616, 1)'), 61, 'shape', 'extent beyond 64 bits')
    header('descr-ixy', described('<ixy', '(2, 3)'), 20, 'descr', 'size of a type that is no number (libnpy #44)')
    header('descr-empty', described('', '(2, 3)'), 20, 'descr', 'empty type, whose first character is read (cnpy)')
    header('descr-structured', "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (6,), }", 20, 'descr', 'structured type')
    header('shape-unclosed', "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3", 65, 'shape', 'tuple never closed')
    header('shape-negative', described('<f8', '(-2, -3)'), 61, 'shape', 'negative extents whose product is positive')
    header('shape-twice', "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), 'shape': (9, 9), }", 68, 'header',
           'two shapes that disagree')
    header('rows-none', described('<f8', '(0, 3)'), end, 'shape', 'axis of length 0 (division by it)')
    header('axes-33', described('<f8', '(' + '1, ' * 33 + ')'), 61 + 3 * 32, 'shape', 'more axes than an array of 32 extents holds')
    header('object-pickle', described('|O', '(2, 3)'), 20, 'descr', 'array of objects with a pickle (CVE-2019-6446)',
           b"cbuiltins\nprint\n(S'a pickle is a program'\ntR.")
    header('bool-2', described('|b1', '(6,)'), 20, 'descr', 'bool byte 0x02, neither true nor false', b'\0\1\2\0\1\0')
    header('fortran-order', described('<f8', '(2, 3)', 'True'), 44, 'fortran_order', 'columns first, read as rows')
    header('cut', described('<f8', '(2, 3)'), end, 'numbers', 'payload one byte short', SIX[:-1])
    header('tail', described('<f8', '(2, 3)'), end, 'numbers', 'payload one byte long', SIX + b'x')
    bad('npy', 'version-4', npy(described('<f8', '(2, 3)'), SIX, 4), 6, 'version', 'version of the future')
    nan = npy(described('<f8', '(2,)'), struct.pack('<2d', 1, float('nan')))
    bad('labels', 'nan.npy', nan, 0, 'labels', 'NaN in integer labels')
    bad('labels', 'matrix.npy', X, 0, 'labels', 'labels that are a matrix')
    bad('labels', 'nan.csv', b'label\n1\nnan\n', 8, 'line 3, column 1', 'NaN in integer labels, as text')


# ---- zip
def deflated(content):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush()


class Member:
    def __init__(self, name, content, deflate=False, **forged):
        self.name, self.content, self.method = name.encode(), content, 8 if deflate else 0
        self.packed = deflated(content) if deflate else content
        self.crc, self.flags, self.size, self.packed_size = zlib.crc32(content), 0, len(content), len(self.packed)
        self.local_name = self.name
        self.zip64 = False
        self.__dict__.update(forged)


def zip_of(members, zip64=False, places=None, **forged):
    """places, where given, becomes [(byte of the directory entry, byte of the local header, byte of the data)]."""
    out, directory, headers = b'', [], []
    for m in members:
        at = len(out)
        sizes = (0xffffffff, 0xffffffff) if m.zip64 else (m.packed_size, m.size)
        extra = struct.pack('<HHQQ', 1, 16, m.size, m.packed_size) if m.zip64 else b''
        fixed = struct.pack('<HHHHH', 20, m.flags, m.method, 0, 33)
        out += b'PK\3\4' + fixed + struct.pack('<III', m.crc, *sizes) + struct.pack('<HH', len(m.local_name), len(extra))
        out += m.local_name + extra
        headers.append((at, len(out)))
        out += m.packed
        at = getattr(m, 'at', at)
        if zip64:
            sizes, extra = (0xffffffff, 0xffffffff), struct.pack('<HHQQQ', 1, 24, m.size, m.packed_size, at)
            at = 0xffffffff
        else:
            sizes, extra = (m.packed_size, m.size), b''
        directory.append(b'PK\1\2' + struct.pack('<H', 20) + fixed + struct.pack('<III', m.crc, *sizes) +
                         struct.pack('<HHHHHII', len(m.name), len(extra), 0, 0, 0, 0, at) + m.name + extra)
    start = len(out)
    if places is not None:
        for i, header in enumerate(headers):
            places.append((start + sum(map(len, directory[:i])), *header))
    out += b''.join(directory)
    n, size = forged.get('entries', len(members)), len(out) - start
    if zip64:
        record = len(out)
        out += b'PK\6\6' + struct.pack('<QHHIIQQQQ', 44, 45, 45, 0, 0, n, n, size, start)
        out += b'PK\6\7' + struct.pack('<IQI', 0, forged.get('record', record), 1)
        return out + b'PK\5\6' + struct.pack('<HHHHIIH', 0, 0, forged.get('narrow', 0xffff), forged.get('narrow', 0xffff),
                                             0xffffffff, 0xffffffff, 0)
    return out + b'PK\5\6' + struct.pack('<HHHHIIH', 0, 0, n, n, size, start, 0)


def make_npz():
    x, y = Member('x.npy', X), Member('y.npy', Y, True)
    seed('npz', 'stored-and-deflated', zip_of([x, y]))
    seed('npz', 'numpys-zip64-headers', zip_of([Member('x.npy', X, zip64=True), Member('y.npy', Y, True, zip64=True)]))
    seed('npz', 'zip64-directory', zip_of([x, y], zip64=True))
    seed('npz', 'one', zip_of([Member('arr_0.npy', X, True)]))

    def crime(name, members, offset, field, what, **forged):
        places = []
        content = zip_of(members, places=places, **forged)
        bad('npz', name, content, offset(places, content) if callable(offset) else offset, field, what)

    long_header = npy(described('<f8', '(2, 3)'), SIX, length=60000)
    crime('header-longer-than-member', [Member('x.npy', long_header)], 10, 'header', 'npy header longer than its member (cnpy #106)')
    crime('member-of-4-bytes', [Member('x.npy', X[:4])], 0, 'magic', 'member smaller than a header: the difference wraps')
    cut = npy(described('<f8', '(2, 3)'), SIX[:40])
    crime('member-cut', [Member('x.npy', cut, True)], 10 + len(described('<f8', '(2, 3)')), 'numbers', 'member shorter than its header says')
    crime('declared-too-small', [Member('x.npy', X, True, size=len(X) - 1)], lambda p, c: p[0][2] + len(deflated(X)), 'numbers',
          'more inflated than declared: written past the buffer')
    crime('declared-too-large', [Member('x.npy', X, True, size=len(X) + 1)], lambda p, c: p[0][2] + len(deflated(X)), 'x.npy',
          'less inflated than declared: memory never written')
    crime('bomb-declared', [Member('x.npy', X, True, size=1 << 30)], lambda p, c: p[0][0] + 24, 'sizes', '1 GiB declared of 100 bytes')
    zeros = npy(described('|u1', '(1, 10)'), bytes(10000000))
    crime('bomb', [Member('x.npy', zeros, True, size=len(X))], 'any', 'numbers', '10 MB in 10 KB, declared as small')
    crime('packed-beyond-file', [Member('x.npy', X, True, packed_size=1 << 20)], lambda p, c: p[0][0] + 20, 'sizes',
          'forged compressed size, read past the end')
    crime('stored-sizes-disagree', [Member('x.npy', X, size=len(X) + 100)], lambda p, c: p[0][0] + 20, 'sizes',
          'one size stored twice, never reconciled')
    crime('local-name-differs', [Member('x.npy', X, local_name=b'y.npy')], 0, 'local header', 'directory and local header disagree')
    crime('same-member-twice', [x, Member('y.npy', X, at=0)], 0, 'local header', 'two entries share the data (quine bombs)')
    inner = zip_of([Member('y.npy', Y)])
    outer = npy(described('|u1', '(1, 500)'), inner.ljust(500))
    nested = Member('x.npy', outer)
    inside = 35 + outer.index(inner)
    crime('overlapping-members', [nested, Member('y.npy', Y, at=inside)], inside, 'offset', 'a member inside another (overlap bombs)')
    crime('name-climbs', [Member('../x.npy', X)], lambda p, c: p[0][0] + 46, 'name', 'a name that leaves the folder (zip slip)')
    crime('checksum', [Member('x.npy', X, crc=1)], lambda p, c: p[0][2], 'x.npy', 'content changed, checksum not')
    crime('encrypted', [Member('x.npy', X, flags=1)], lambda p, c: p[0][0] + 8, 'flags', 'ciphertext read as numbers')
    crime('method-12', [Member('x.npy', X, method=12)], lambda p, c: p[0][0] + 10, 'method', 'bzip2')
    crime('entries-missing', [x], lambda p, c: len(c) - 22, 'directory', 'count of entries larger than the directory', entries=2)
    crime('entries-unnamed', [x, y], lambda p, c: p[1][0], 'directory', 'count of entries smaller than the directory', entries=1)
    crime('zip64-record-outside', [x], lambda p, c: len(c) - 42 + 8, 'zip64', 'zip64 record beyond the file', zip64=True, record=1 << 62)
    crime('zip64-counts-disagree', [x], lambda p, c: len(c) - 98 + 32, 'zip64', 'redundant counts that disagree (faiss #5485)',
          zip64=True, narrow=2)
    crime('local-header-outside', [Member('x.npy', X, at=1 << 30)], lambda p, c: p[0][0] + 42, 'offset', 'local header beyond the file')


# ---- idx
def idx(kind, extents, payload):
    return bytes([0, 0, kind, len(extents)]) + struct.pack(f'>{len(extents)}I', *extents) + payload


def gz(content, level=9):
    packer = zlib.compressobj(level, zlib.DEFLATED, 31)
    return packer.compress(content) + packer.flush()


def make_idx():
    images = idx(8, [2, 2, 3], bytes(range(12)))
    seed('idx', 'u8', images)
    seed('idx', 'f32', idx(13, [2, 3], struct.pack('>6f', 1, 2, 3, 4, 5, 6)))
    seed('idx', 'labels', idx(8, [3], b'\7\0\1'))
    seed('idx_gz', 'u8.gz', gz(images))
    seed('idx_gz', 'i32-stored.gz', gz(idx(12, [2], struct.pack('>2i', 1, -1)), 0))
    bad('idx', 'axes-255', b'\0\0\x08\xff' + b'\1' * 1020, 3, 'axes', '255 extents read into a fixed array')
    bad('idx', 'axes-0', b'\0\0\x08\0', 3, 'axes', 'no axis at all')
    bad('idx', 'type-i8', idx(9, [2], b'\xff\1'), 2, 'type', 'signed bytes read as unsigned')
    bad('idx', 'product-wraps', idx(14, [0xffffffff] * 3, b'x'), 16, 'shape', 'extents whose product wraps 64 bits')
    bad('idx', 'rows-4g', idx(8, [0xffffffff, 784], b'x' * 784), 12, 'numbers', 'more rows than the file holds')
    bad('idx', 'cut', images[:-1], 16, 'numbers', 'one byte short')
    bad('idx', 'extents-cut', images[:9], 4, 'extents', 'cut amid the extents')
    whole = gz(images)
    bad('idx_gz', 'bomb-declared.gz', gz(idx(8, [0x7fffffff, 0x7fffffff], b'x')), 4, 'extents', 'extents that deflate cannot hold')
    forged = gz(idx(8, [30, 1000], b'x'))
    bad('idx_gz', 'declared-1000-times.gz', forged, len(forged), 'numbers', 'extents that deflate could hold and does not: memory for nothing')
    bad('idx_gz', 'bomb.gz', gz(idx(8, [1], bytes(10000000))), 'any', 'numbers', '10 MB in 10 KB under a header that asks for one byte')
    bad('idx_gz', 'cut.gz', whole[:-9], len(whole) - 9, 'deflate', 'stream cut short')
    bad('idx_gz', 'checksum.gz', whole[:-8] + b'\0\0\0\0' + whole[-4:], len(whole) - 4, 'deflate', 'checksum never compared')
    bad('idx_gz', 'tail.gz', whole + b'x', len(whole), 'tail', 'bytes after the stream')
    bad('idx_gz', 'text.gz', gz(b'a text'), 0, 'magic', 'another gzipped format')


# ---- cifar
def make_cifar():
    record = bytes([3]) + bytes(i * 7 % 251 for i in range(3072))
    seed('cifar', 'ten', record)
    seed('cifar', 'hundred', bytes([1, 99]) + record[1:])
    bad('cifar', 'cut.bin', record[:-1], 0, 'records', 'last record cut short')
    bad('cifar', 'label-10.bin', bytes([10]) + record[1:], 0, 'records', 'a label beyond the ten names')


# ---- png
def chunk(kind, body, crc=None):
    return struct.pack('>I', len(body)) + kind + body + struct.pack('>I', zlib.crc32(kind + body) if crc is None else crc)


def ihdr(width, height, depth=8, colour=0):
    return chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, depth, colour, 0, 0, 0))


MAGIC, END = b'\x89PNG\r\n\x1a\n', chunk(b'IEND', b'')


def make_png():
    pixels = zlib.compress(b'\0\1\2\0\3\4')
    good = MAGIC + ihdr(2, 2) + chunk(b'IDAT', pixels) + END
    rgb = zlib.compress(b'\1\1\2\3\4\5\6')
    seed('png', 'grey', good)
    seed('png', 'rgb', MAGIC + ihdr(2, 1, 8, 2) + chunk(b'IDAT', rgb) + END)
    palette = chunk(b'PLTE', b'\1\2\3\4\5\6') + chunk(b'tRNS', b'\x80')
    seed('png', 'palette', MAGIC + ihdr(3, 1, 1, 3) + palette + chunk(b'IDAT', zlib.compress(b'\0\x50')) + END)
    seed('png', 'text', MAGIC + ihdr(2, 2) + chunk(b'zTXt', b'k\0\0' + zlib.compress(b'text')) + chunk(b'IDAT', pixels) + END)

    def crime(name, content, offset, field, what):
        bad('png', name, MAGIC + content, offset, field, what)

    idat = chunk(b'IDAT', pixels)
    crime('2g-wide', ihdr(1 << 31, 1) + idat + END, 16, 'width', '2^31 pixels a row: stride wraps')
    crime('65535-high', ihdr(1, 65535) + idat + END, 20, 'height', 'size that no file of 70 bytes holds')
    crime('4096x4096-in-70-bytes', ihdr(4096, 4096) + idat + END, 0, 'size', '16 MiB of pixels in 70 bytes')
    crime('width-0', ihdr(0, 2) + idat + END, 16, 'width', 'no width: division by the stride')
    crime('ihdr-checksum', ihdr(2, 2)[:-4] + b'\0\0\0\0' + idat + END, 29, 'checksum of IHDR', 'header changed, checksum not')
    crime('idat-checksum', ihdr(2, 2) + chunk(b'IDAT', pixels, 1) + END, 41 + len(pixels), 'checksum of IDAT', 'pixels changed, checksum not')
    crime('idat-cut', ihdr(2, 2) + idat[:-6], 41, 'IDAT', 'file cut amid the pixels')
    crime('stream-cut', ihdr(2, 2) + chunk(b'IDAT', pixels[:-6]) + END, 33, 'PNG', 'deflate stream cut, checksums right')
    crime('pixels-missing', ihdr(2, 200) + idat + END, 33, 'PNG', 'fewer pixels than the size says: memory never written')
    huge = chunk(b'zTXt', b'k\0\0' + zlib.compress(bytes(20000000), 9))
    crime('ztxt-20-mb', ihdr(2, 2) + huge + idat + END, 8, 'PNG', 'huge zTXt (CVE-2007-5269 and kin)')
    crime('chunk-of-2g', ihdr(2, 2) + struct.pack('>I', 0x7fffffff) + b'IDAT' + pixels, 41, 'IDAT', 'chunk longer than the file')
    crime('no-end', ihdr(2, 2) + idat, 8 + 25 + len(idat), 'chunk', 'no end mark')
    crime('no-pixels', ihdr(2, 2) + END, 8, 'PNG', 'no pixels at all')
    crime('ihdr-of-12-bytes', chunk(b'IHDR', bytes(12)) + idat + END, 8, 'chunk', 'header shorter than its struct')
    crime('palette-missing', ihdr(2, 2, 8, 3) + idat + END, 8, 'PNG', 'indices into no palette')
    crime('palette-of-4-bytes', ihdr(2, 2, 8, 3) + chunk(b'PLTE', b'\1\2\3\4') + idat + END, 8, 'PNG', 'palette that is no whole number of colours')
    crime('16-bit', ihdr(2, 2, 16) + idat + END, 24, 'bit depth', '16 bits cut to 8 in silence')


# ---- jpeg, made with ImageMagick: 9 x 7 RGB; 8 x 8 grey, progressive
JPEG = base64.b64decode(
    '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//'
    '2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wAARCAAHAAkDAREAAhEBAxEB/8QA'
    'FQABAQAAAAAAAAAAAAAAAAAAAAb/xAAXEAADAQAAAAAAAAAAAAAAAAAAARRh/8QAFQEBAQAAAAAAAAAAAAAAAAAAAAX/xAAYEQACAwAAAAAAAAAAAAAAAAAA'
    'AhUWUf/aAAwDAQACEQMRAD8Aj7Xperq4WZ5ha9FdXBPMf//Z')
PROGRESSIVE = base64.b64decode(
    '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABQODxIPDRQSEBIXFRQYHjIhHhwcHj0sLiQySUBMS0dARkVQWnNiUFVtVkVGZIhlbXd7gYKBTmCNl4x9lnN+gXz/'
    'wgALCAAIAAgBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQAAAAF//8QAFRABAQAAAAAAAAAAAAAAAAAAABT/2gAIAQEAAQUCrf/EABUQAQEAAAAA'
    'AAAAAAAAAAAAAAAx/9oACAEBAAY/Aq//xAAUEAEAAAAAAAAAAAAAAAAAAAAA/9oACAEBAAE/IR//2gAIAQEAAAAQf//EABYQAAMAAAAAAAAAAAAAAAAAAAAR'
    '8P/aAAgBAQABPxCGf//Z')


def make_jpeg():
    seed('jpeg', 'rgb', JPEG)
    seed('jpeg', 'progressive', PROGRESSIVE)
    frame = JPEG.index(b'\xff\xc0')
    huge = JPEG[:frame + 5] + b'\xff\xff\xff\xff' + JPEG[frame + 9:]
    bad('jpeg', '65535x65535', huge, 'any', 'any', '12 GiB of pixels in 306 bytes')
    bad('jpeg', 'cut', JPEG[:-12], 'any', 'JPEG', 'file cut amid the pixels, filled with grey by most readers')
    scan = PROGRESSIVE.rindex(b'\xff\xc4')
    bad('jpeg', 'scans-5000', PROGRESSIVE[:scan] + PROGRESSIVE[scan:-2] * 1200 + PROGRESSIVE[-2:], 'any', 'JPEG', 'a scan repeated without end')
    table = JPEG.index(b'\xff\xc4')
    bad('jpeg', 'huffman-table', JPEG[:table + 5] + b'\xff' * 16 + JPEG[table + 21:], 'any', 'JPEG', 'more codes than a table holds')
    bad('jpeg', 'no-tables', JPEG[:2] + JPEG[frame:], 'any', 'JPEG', 'no quantization table')


# ---- safetensors
def safetensors(header, payload=b''):
    text = header.encode()
    return struct.pack('<Q', len(text)) + text + payload


def tensor(name, kind, shape, begin, end):
    return f'"{name}":{{"dtype":"{kind}","shape":{shape},"data_offsets":[{begin},{end}]}}'


def make_safetensors():
    a = tensor('x', 'F64', '[2,3]', 0, 48)
    labels = struct.pack('<2q', 7, 3)
    seed('safetensors', 'one', safetensors('{' + a + '}', SIX))
    seed('safetensors', 'labelled', safetensors('{"__metadata__":{"k":"v"},' + a + ',' + tensor('y', 'I64', '[2]', 48, 64) + '}', SIX + labels))
    seed('safetensors', 'types', safetensors('{' + tensor('u', 'U8', '[2,2]', 0, 4) + ',' + tensor('h', 'F16', '[1]', 4, 6) + '} ', b'abcdef'))

    def crime(name, header, offset, field, what, payload=SIX):
        bad('safetensors', name, safetensors(header, payload), offset, field, what)

    def named(header, name):
        return 8 + header.index(f'"{name}"') + len(name) + 1

    two = '{' + a + ',' + tensor('y', 'I64', '[2]', 40, 56) + '}'
    crime('overlap', two, named(two, 'y'), 'data_offsets of y', 'tensors that share bytes (the "json attack")', SIX + labels)
    two = '{' + a + ',' + tensor('y', 'I64', '[2]', 56, 72) + '}'
    crime('hole', two, named(two, 'y'), 'data_offsets of y', 'bytes that belong to no tensor (polyglot files)', SIX + b'\x7fELF\0\0\0\0' + labels)
    crime('tail', '{' + a + '}', 8 + len('{' + a + '}'), 'numbers', 'bytes after the last tensor', SIX + b'x')
    crime('duplicate', '{' + a + ',' + a + '}', 8 + 1 + len(a) + 1 + 2, 'JSON', 'a name twice: readers differ in which they take')
    wraps = '{' + tensor('x', 'F64', '[4294967296,4294967296]', 0, 48) + '}'
    crime('shape-wraps', wraps, named(wraps, 'x'), 'shape', 'shape whose product wraps to 0')
    crime('shape-disagrees', '{' + tensor('x', 'F64', '[2,4]', 0, 48) + '}', 11, 'data_offsets of x', 'shape and offsets that disagree (faiss #5485)')
    crime('offsets-reversed', '{' + tensor('x', 'F64', '[2,3]', 48, 0) + '}', 11, 'data_offsets of x', 'end before begin: the size wraps')
    crime('offsets-negative', '{' + tensor('x', 'F64', '[2,3]', -48, 0) + '}', 11, 'data_offsets of x', 'negative offset read as unsigned')
    crime('offsets-real', '{' + tensor('x', 'F64', '[2,3]', '0.0', 48) + '}', 11, 'data_offsets of x', 'offset that is no integer')
    crime('offsets-beyond', '{' + tensor('x', 'F64', '[2,30000]', 0, 480000) + '}', 8 + len('{' + tensor('x', 'F64', '[2,30000]', 0, 480000) + '}'),
          'numbers', 'tensor beyond the file')
    crime('nested', '{"x":' + '[' * 300 + ']' * 300 + '}', 8 + 5 + 7, 'JSON', 'nesting without end')
    crime('member-missing', '{"x":{"dtype":"F64","shape":[2,3]}}', 11, 'entry of x', 'no offsets')
    crime('empty', '{}', 0, 'arrays', 'no tensor', b'')
    bad('safetensors', 'header-beyond', struct.pack('<Q', 1 << 20) + b'{' + a.encode() + b'}', 8, 'header', 'header longer than the file')
    bad('safetensors', 'entries-100000', None, 'any', 'header', '100,000 tensors: audit finding of 2023')


# ---- texts
def make_texts():
    seed('csv', 'names', b'# a,b,label\n1,2.5,0\n-3e1,4,1\n')
    seed('csv', 'spaces', b'1 2\n 3  4 \n')
    seed('csv', 'semicolons', b'\xef\xbb\xbf"x";"y"\r\n1;2\r\n')
    bad('csv', 'ragged.csv', b'1,2\n3,4\n5\n', 8, 'line 3, column 2', 'a row that is too short, read from the next')
    bad('csv', 'nan-label.csv', b'a,label\n1,0\n2,nan\n', 14, 'line 3, column 2', 'NaN in integer labels')
    bad('csv', 'huge-label.csv', b'a,label\n1,0\n2,1e300\n', 14, 'line 3, column 2', 'label that no integer holds')
    bad('csv', 'hexadecimal.csv', b'1,2\n3,0x4\n', 6, 'line 2, column 2', 'a number read as its first digits')
    bad('csv', 'decimal-comma.csv', b'a;b\n1,5;2\n', 4, 'line 2, column 1', 'decimal comma')
    bad('csv', 'overflow.csv', b'1,2\n3,1e999\n', 6, 'line 2, column 2', 'a number beyond doubles, read as infinity')

    seed('dataset_json', 'labels', b'{"labels": [["00000/a.png", 6], ["b.png", -1]]}')
    seed('dataset_json', 'null', b'{"labels": null, "x": {"y": [1.5, true, "\\u00e9"]}}')
    bad('dataset_json', 'nested-300', b'{"labels": ' + b'[' * 300 + b']' * 300 + b'}', 18, 'JSON', 'nesting without end')
    bad('dataset_json', 'picture-twice', b'{"labels": [["picture.png", 1], ["picture.png", 2]]}', 8, 'labels[1]', 'two labels of one picture')
    bad('dataset_json', 'label-1.5', b'{"labels": [["picture.png", 1.5]]}', 8, 'labels[0]', 'label that is no integer')
    bad('dataset_json', 'number-1e999', b'{"labels": [["picture.png", 1e999]]}', 32, 'JSON', 'number beyond doubles')
    bad('dataset_json', 'cut', b'{"labels": [["pic', 17, 'JSON', 'text cut short')
    bad('dataset_json', 'labels-twice', b'{"labels": null, "labels": [["picture.png", 1]]}', 24, 'JSON', 'two lists that disagree')
    bad('dataset_json', 'not-utf8', b'{"labels": [["\xff.png", 1]]}', 14, 'JSON', 'name that is no UTF-8')

    seed('toml', 'run', b"# a run\nqueries = 64\ntimes = [0.5, 1, 2.5]\nclass_names = ['a', \"b\"]\ndata = 'x.npy'\nseed = 3\n")
    seed('toml', 'multi', b'data = "x\\u00e9\\"y"\r\n\ttimes = [\n  1, # one\n  2e0,\n]\n"seed" = +7\ncollapse_below = 1e-3')
    for name, offset, field, crime in (('parts-1000000.toml', 1048576, 'line 1', 'one key of 1,000,000 dotted parts: 3.3.0 recurses'),
                                       ('parts-400000.toml', 8193, 'line 1', 'the same below the limit of size')):
        bad('toml', name, None, offset, field, crime, 2)
    bad('toml', 'nested-300.toml', b'times = ' + b'[' * 300 + b']' * 300 + b'\n', 8 + 32, 'line 1', '300 nested lists', 2)
    lines = b'times = ' + b'[ # ]\n' * 2000 + b']' * 2000 + b'\n'
    bad('toml', 'nested-behind-comments.toml', lines, 8 + 6 * 32, 'line 33', 'nesting that a count of brackets alone misses', 2)
    bad('toml', 'line-end-in-message.toml', b'data =t\n', 'any', 'line 1', 'a message of two lines, found here', 2)
    bad('toml', 'accent-outside-quotes.toml', 'seed = 1\nb\u00e9ta = 2\n'.encode(), 10, 'line 2', 'unreachable code of 3.3.0, found here', 2)
    bad('toml', 'tables-nested-300.toml', b'x = ' + b'{a=' * 300 + b'1' + b'}' * 300 + b'\n', 4 + 3 * 32, 'line 1', '300 nested tables', 2)
    bad('toml', 'not-utf8.toml', b'seed = 1\ndata = "\xff\xfe"\n', 'any', 'line 2', 'text that is no UTF-8', 2)

    bad('toml', 'header-of-no-name.toml', b'seed = 1\n[=', 9, 'line 2', 'an assertion of 3.3.0, found here: undefined in release', 2)

    content = '{"x":[1,2.5,null]}'
    digest = hashlib.sha256(content.encode()).hexdigest()
    seed('unit', 'whole', f'{{"config":"c","content":{content},"sha256":"{digest}","unit":"a"}}'.encode())
    bad('result', 'nested-30000', b'{"schema":' + b'[' * 30000 + b']' * 30000 + b'}', 0, 'line 1, column 1', 'nesting that printing recurses on')
    bad('result', 'number-1e999', b'{"seed": 1e999}', 0, 'line 1, column 1', 'number beyond doubles')
    bad('result', 'cut', b'{"schema": "deno', 16, 'line 1, column 17', 'text cut short')
    bad('result', 'list', b'[]', 0, 'line 1, column 1', 'no object')

    for name, words in (('theory', 'theory same-class kappa=1 --json'), ('clock', 'theory clock ddpm_step=500'), ('rem', 'theory rem alpha=0.5 variance=1 t=0.2'),
                        ('analyze', 'analyze data.npy --queries 40 --times 0.05,0.5 --set seed=4 --out run --threads 1'), ('list', 'list theories'),
                        ('wrong', 'anlyze --querys=3')):
        seed('argv', name, '\n'.join(words.split()).encode())


make_npy()
make_npz()
make_idx()
make_cifar()
make_png()
make_jpeg()
make_safetensors()
make_texts()
with open(os.path.join(HERE, 'known_bad', 'manifest.tsv'), 'w', encoding='utf-8') as manifest:
    manifest.write('# file, exit code, byte, field, bug class; "any" where a library decides\n')
    manifest.writelines(MANIFEST)
