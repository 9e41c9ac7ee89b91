limner segment -i ct/ -o spine.seg.dcm --index --box "2,4,41 2,43,79" --label vertebra
cat > classes.toml <<'TOML'
[[label]]
value = 1
name = "liver metastasis"
synonyms = ["Lebermetastase", "met"]
colour = [144, 238, 144]
category = { scheme = "SCT", value = "49755003", meaning = "Morphologically Abnormal Structure" }
type = { scheme = "SCT", value = "14799000", meaning = "Neoplasm, Secondary" }
region = { scheme = "SCT", value = "10200004", meaning = "Liver" }
TOML
limner segment -i ct/ -o lesion.seg.dcm --index --click "2,12,88" --label met --schema classes.toml
