import limner

image = limner.read("ct/")  # a DICOM folder, a NIfTI file, a picture, ...
session = limner.Session.on(image)
session = session.say(limner.Box.between(image.grid, (2, 4, 41), (2, 43, 79)))
answer = session.predict(limner.predictor(), image)
session = session.accept(answer)
limner.write(session.mask, "vertebra.nii.gz", image=image)

print(answer.extent, f"with an expected Dice of {answer.quality[1]:.2f}")
