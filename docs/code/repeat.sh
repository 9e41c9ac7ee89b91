limner segment -i ct.dcm -o one.nii.gz --index --box "4,41 43,79" --deterministic --report run.json
limner segment -i ct.dcm -o two.nii.gz --index --box "4,41 43,79" --deterministic
cmp one.nii.gz two.nii.gz
