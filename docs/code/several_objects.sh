cat > prompts.json <<'END'
{
  "objects": [
    {
      "label": "vertebra",
      "prompts": [{"kind": "box", "corners_index": [[2, 4, 41], [2, 43, 79]]}]
    },
    {
      "label": "aorta",
      "name": "beside the spine",
      "prompts": [
        {"kind": "click", "at_index": [2, 12, 88]},
        {"kind": "click", "at_index": [2, 40, 100], "inside": false}
      ]
    }
  ]
}
END
limner segment -i ct/ -o both.nii.gz --prompts prompts.json --overlay both.png
