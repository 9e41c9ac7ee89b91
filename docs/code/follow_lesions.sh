for visit in "2026-01-05 baseline:2,4,41 2,43,79" "2026-02-16 week 6:2,14,51 2,38,72"; do
  place="visits/${visit%%:*}"
  mkdir -p "$place"
  cp -r ct "$place/ct"
  limner segment -i ct/ -o "$place/mask.nii.gz" --model classic --label liver \
    --index --box "${visit#*:}"
done
limner followup visits/ --draft course.toml
limner followup course.toml -o report
