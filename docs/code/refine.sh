limner segment -i ct/ -o aorta.nii.gz --session aorta.json --index --click "2,12,88"
limner segment -i ct/ -o aorta.nii.gz --session aorta.json --index --outside "2,40,100"
limner segment -i ct/ -o aorta.nii.gz --session aorta.json --undo
