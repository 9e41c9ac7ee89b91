limner segment -i ct/ -o mine.nii.gz --index --box "2,4,41 2,43,79"
limner segment -i ct/ -o other.nii.gz --index --box "2,4,41 2,43,79" --model classic
limner score other.nii.gz mine.nii.gz --tolerance 1
