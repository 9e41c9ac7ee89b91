limner phantom torso -o cases --count 2
limner convert cases -o Dataset001_Torso --to nnunet_raw --lossy
limner convert Dataset001_Torso -o torso-bids --to bids
