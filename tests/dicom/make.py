"""Small DICOM objects for tests, written by pydicom, with a geometry that the test chooses."""

from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
CT = "1.2.840.10008.5.1.4.1.1.2"
KINDS = {
    "CT": CT,
    "MR": "1.2.840.10008.5.1.4.1.1.4",
    "PT": "1.2.840.10008.5.1.4.1.1.128",
    "US": "1.2.840.10008.5.1.4.1.1.3.1",
    "DX": "1.2.840.10008.5.1.4.1.1.1.1",
    "MG": "1.2.840.10008.5.1.4.1.1.1.2",
    "OT": "1.2.840.10008.5.1.4.1.1.7",
    "NM": "1.2.840.10008.5.1.4.1.1.20",
}
SERIES, STUDY, FRAME = (generate_uid(entropy_srcs=[each]) for each in ("se", "st", "fr"))


def image(samples, *, modality="CT", uid="", **told):
    """One image object. `samples` is (rows, columns), (frames, rows, columns) or with colour."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = KINDS[modality]
    dataset.SOPInstanceUID = uid or generate_uid()
    dataset.PatientName, dataset.PatientID = "Doe^Jane", "P1"
    dataset.PatientBirthDate, dataset.PatientSex = "19700101", "F"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = STUDY, SERIES
    dataset.FrameOfReferenceUID = FRAME
    dataset.StudyDate, dataset.StudyTime, dataset.StudyID = "20240102", "101500", "7"
    dataset.AccessionNumber, dataset.ReferringPhysicianName = "", ""
    dataset.SeriesNumber, dataset.Modality, dataset.Manufacturer = 3, modality, "Maker"
    put(dataset, np.asarray(samples))
    for keyword, value in told.items():
        setattr(dataset, keyword, value)
    return dataset


def put(dataset, samples):
    """The samples and the attributes that describe them."""
    colour = samples.ndim > 2 and samples.shape[-1] == 3
    frames = samples.ndim - (3 if colour else 2)
    if frames:
        dataset.NumberOfFrames = samples.shape[0]
    dataset.Rows, dataset.Columns = samples.shape[frames : frames + 2]
    dataset.SamplesPerPixel = 3 if colour else 1
    dataset.PhotometricInterpretation = "RGB" if colour else "MONOCHROME2"
    if colour:
        dataset.PlanarConfiguration = 0
    bits = samples.dtype.itemsize * 8
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = bits, bits, bits - 1
    dataset.PixelRepresentation = int(samples.dtype.kind == "i")
    dataset.PixelData = samples.tobytes() + b"\0" * (samples.nbytes % 2)


def placed(samples, position, *, orientation=AXIAL, spacing=(2.0, 1.0), **told):
    """One slice that lies somewhere."""
    usual = {
        "SliceThickness": 1.5,
        "RescaleSlope": 1,
        "RescaleIntercept": -1024,
        "ImagePositionPatient": list(position),
        "ImageOrientationPatient": list(orientation),
        "PixelSpacing": list(spacing),
    }
    return image(samples, **(usual | told))


def save(dataset, path):
    """Write one file and return its path."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.save_as(path, enforce_file_format=True)
    return path


def plane(number, shape=(4, 5)):
    """Samples that differ from slice to slice and from pixel to pixel."""
    return (np.arange(np.prod(shape)).reshape(shape) + 100 * number).astype(np.int16)


def stack(folder, heights=(0.0, 3.0, 6.0, 9.0), *, names=None, each=None, **told):
    """An axial CT series with slices at these heights, mm. Returns what was written.

    names   of the files, so that their order can differ from that of the slices
    each    keywords by slice: a function of its number
    """
    written = []
    for k, height in enumerate(heights):
        own = told | (each(k) if each else {})
        dataset = placed(plane(k), (10.0, 20.0, height), InstanceNumber=k + 1, **own)
        save(dataset, Path(folder) / (names[k] if names else f"{k:03d}.dcm"))
        written.append(dataset)
    return written


def group(**told):
    """A sequence of one item, as functional groups are made of."""
    item = Dataset()
    for keyword, value in told.items():
        setattr(item, keyword, value)
    return Sequence([item])


def enhanced(samples, positions, *, spacing=(2.0, 1.0), frames=None, modality="CT", **told):
    """A multi-frame object whose frames lie at these positions.

    frames   functional groups of each frame beside its position: a function of its number
    """
    dataset = image(samples, modality=modality, **told)
    shared = Dataset()
    shared.PlaneOrientationSequence = group(ImageOrientationPatient=list(AXIAL))
    shared.PixelMeasuresSequence = group(PixelSpacing=list(spacing), SliceThickness=1.5)
    shared.PixelValueTransformationSequence = group(
        RescaleSlope=1, RescaleIntercept=-1024, RescaleType="HU"
    )
    dataset.SharedFunctionalGroupsSequence = Sequence([shared])
    own = []
    for k, position in enumerate(positions):
        item = Dataset()
        item.PlanePositionSequence = group(ImagePositionPatient=list(position))
        for keyword, value in (frames(k) if frames else {}).items():
            setattr(item, keyword, value)
        own.append(item)
    dataset.PerFrameFunctionalGroupsSequence = Sequence(own)
    return dataset


def compressed(dataset, syntax):
    """The same, its samples encoded; by highdicom's or pydicom's encoders."""
    dataset.compress(UID(syntax), generate_instance_uid=False)
    return dataset
