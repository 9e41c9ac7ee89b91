limner phantom torso -o scan.nii.gz --seed 3
limner convert scan-mask.nii.gz -o organs.seg.nrrd
limner convert organs.seg.nrrd -o organs.geojson
limner convert organs.geojson -o again.nii.gz --image scan.nii.gz --write-classes organs.json
limner score again.nii.gz scan-mask.nii.gz
