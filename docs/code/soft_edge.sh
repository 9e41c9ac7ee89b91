limner segment -i cell.png -o cell_mask.png --index --box "306,360 440,496" --soft-edge cell_soft.png
limner segment -i ct/ -o vertebra.nii.gz --index --box "2,4,41 2,43,79" -q
limner edit vertebra.nii.gz -o same.nii.gz -i ct/ --soft-edge vertebra_soft.nii.gz
