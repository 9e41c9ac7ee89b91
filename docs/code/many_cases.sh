mkdir -p scans prompts masks
cp cell.png ihc.png scans/
echo '{"objects": [{"label": "cell", "prompts": [{"kind": "box", "corners_index": [[270, 230], [380, 340]]}]}]}' > prompts/cell.json
echo '{"objects": [{"label": "gland", "prompts": [{"kind": "click", "at_index": [256, 256]}]}]}' > prompts/ihc.json
limner segment -i scans -o masks --prompts prompts --ending .png --continue
limner segment -i scans -o masks --prompts prompts --ending .png --continue
