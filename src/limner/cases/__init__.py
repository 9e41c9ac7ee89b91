"""Files and folders in and out: any reader, any format, layouts of data sets, sessions."""
