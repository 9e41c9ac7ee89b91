limner deidentify ct/ -o handed-out/ --key trial.key --report done.csv
limner segment -i ct/ -o lesion.seg.dcm --model classic --index --box "2,14,51 2,38,72" --deidentify trial.key
limner info handed-out/
