limner segment -i retina.jpg -o wound.png --model classic --label wound \
  --index --box "560,900 760,1110"
limner measure wound.png --ruler "40,52 40,252 50" --also planar
