limner archive echo hospital
limner archive find hospital --patient 4711 --level series
limner archive fetch hospital --patient 4711 --modality CT -o ct
limner segment -i ct -o lesion.seg.dcm --model classic --label liver --index --box "2,8,12 7,23,27"
limner measure lesion.seg.dcm -i ct -o report.sr.dcm
limner archive store hospital lesion.seg.dcm report.sr.dcm
limner archive find research --patient 4711 --level series --json
