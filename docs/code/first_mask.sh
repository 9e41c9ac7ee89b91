limner info ct/
limner segment -i ct/ -o vertebra.nii.gz --index --box "2,4,41 2,43,79" --label vertebra --overlay vertebra.png
limner measure vertebra.nii.gz -i ct/ -o vertebra.csv
