"""The one door to the DICOM libraries: files, headers, series, and their samples."""
