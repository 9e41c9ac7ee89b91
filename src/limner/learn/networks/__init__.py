"""Networks: one file each, dict in, dict out. See house.md, network contract."""
