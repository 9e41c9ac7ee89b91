limner dicom study.zip --explain
limner dicom study.zip --pick modality=CT --pick thinnest --files
limner segment -i study.zip --series modality=CT,thinnest -o lesion.seg.dcm \
  --model classic --label liver --index --box "4,14,51 4,38,72"
limner dicom study.zip --json > study.json
