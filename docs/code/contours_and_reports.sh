limner segment -i ct/ -o lesion.seg.dcm --model classic --label liver --index --box "2,14,51 2,38,72"
limner convert lesion.seg.dcm -o lesion.rtstruct.dcm --image ct/
limner convert lesion.rtstruct.dcm -o again.nii.gz --image ct/
limner measure lesion.seg.dcm -i ct/ -o report.sr.dcm
