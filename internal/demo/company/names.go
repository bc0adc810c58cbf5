package company

import "strings"

// nation is a set of names and places that go together.
type nation struct {
	given, surnames, streets, cities []string
	country                          string
}

func nations() []nation {
	return []nation{
		{strings.Fields(givenEnglish), strings.Fields(surnamesEnglish), strings.Split(streetsEnglish, ","), strings.Split(citiesEnglish, ","), "US"},
		{strings.Fields(givenEnglish), strings.Fields(surnamesEnglish), strings.Split(streetsEnglish, ","), strings.Split(citiesBritish, ","), "GB"},
		{strings.Fields(givenGerman), strings.Fields(surnamesGerman), strings.Split(streetsGerman, ","), strings.Split(citiesGerman, ","), "DE"},
	}
}

func (n nation) language() string {
	if n.country == "DE" {
		return "de"
	}
	return "en"
}

const givenEnglish = `Abigail Ada Adam Adrian Agnes Aidan Alan Albert Alfred Alice Alison Amanda Amber Amelia Amy Andrea Andrew Angela Ann
Anthony April Arthur Ashley Audrey Austin Barbara Barry Beatrice Benjamin Bernard Beth Betty Blake Bonnie Brandon Brenda Brian Bridget
Bruce Caleb Cameron Carl Carol Caroline Catherine Cecilia Charles Charlotte Chloe Claire Clara Clifford Colin Connor Craig Cynthia Daisy
Dale Daniel Daphne David Dawn Deborah Dennis Derek Diana Donald Dorothy Douglas Duncan Dylan Edgar Edith Edward Edwin Eileen Eleanor
Elizabeth Ellen Elliot Emily Emma Eric Ernest Esther Ethan Eva Evelyn Faith Felicity Fiona Florence Frances Frank Gareth Gavin Geoffrey
George Gerald Gillian Gloria Gordon Grace Graham Gregory Hannah Harold Harriet Harry Hazel Heather Helen Henry Holly Howard Hugh Ian Irene
Isabel Ivy Jack Jacob James Jane Janet Jasper Jean Jeffrey Jennifer Jeremy Jessica Joan Joel John Jonathan Joseph Joyce Judith Julia Justin
Karen Keith Kenneth Kevin Kirsten Laura Lauren Lawrence Leah Leonard Leslie Lewis Liam Linda Logan Louise Lucy Luke Lydia Mabel Malcolm`

const surnamesEnglish = `Abbott Adams Ainsworth Aldridge Allen Anderson Andrews Archer Armstrong Arnold Ashworth Atkinson Bailey Baker Baldwin
Banks Barker Barlow Barnes Barrett Bates Baxter Beaumont Bell Bennett Berry Bishop Blackwell Bolton Booth Bowen Bradley Brewer Briggs Brooks
Bryant Buckley Burgess Burke Burton Butler Byrne Caldwell Carlisle Carpenter Carr Carter Chambers Chapman Clarke Clayton Coleman Collins
Connolly Cooper Crawford Cross Cunningham Curtis Dalton Davenport Dawson Delaney Dixon Doherty Donnelly Drake Duffy Dunn Eaton Edmunds
Elliott Ellis Emerson Farrell Ferguson Fielding Fisher Fleming Fletcher Forster Foster Fowler Francis Fraser Gallagher Gardner Garrett
Gibbons Gibson Gilbert Goodwin Graves Greene Griffin Griffiths Hale Hamilton Hancock Harding Hargreaves Harper Harrison Hartley Harvey
Hastings Hawkins Hayes Henderson Hewitt Higgins Hobbs Hodgson Holden Holloway Hooper Hopkins Horton Hudson Hughes Hutchinson Ingram Irwin
Jarvis Jenkins Jennings Johnston Kavanagh Keating Kendall Kennedy Kirby Knowles Lambert Langley Lawson Leighton Lindsay Lockwood Lowe
Lyons Mackenzie Maddox Marsden Marshall Mathews Maxwell McCarthy McKenna Mercer Middleton Mitchell Montgomery Morrison Nash Newton Norris`

const givenGerman = `Achim Adelheid Albrecht Alexandra Alina Andreas Angelika Anja Anke Anna Annegret Anneliese Antje Anton Armin Arne Astrid August
Axel Barbara Bärbel Beate Benedikt Bernd Bernhard Bettina Birgit Björn Bodo Brigitte Britta Burkhard Carla Carsten Christa Christian
Christiane Christoph Clemens Cornelia Dagmar Detlef Dieter Dietmar Dietrich Dirk Doris Dörte Eberhard Eckhard Elfriede Elke Emil Erika Erwin
Eva Felix Ferdinand Florian Frank Franz Franziska Frauke Frieda Friedrich Fritz Gabriele Georg Gerda Gerhard Gerlinde Gertrud Gisela Götz
Gregor Gudrun Günter Günther Gustav Hannelore Hans Harald Hartmut Hedwig Heidi Heike Heiko Heiner Heinrich Heinz Helga Helmut Henning
Hermann Hilde Hildegard Holger Horst Hubert Ilse Inge Ingeborg Ingo Ingrid Irmgard Jan Jana Jens Joachim Jochen Jörg Johanna Jonas Julian
Jürgen Jutta Kai Karin Karl Karsten Käthe Katharina Kerstin Klaus Konrad Konstantin Kurt Lena Leonie Lieselotte Lina Lothar Lotte Ludwig
Lukas Lutz Magdalena Manfred Margarete Margit Marianne Marlene Martin Mathilde Matthias Maximilian Mechthild Melanie Moritz Niklas Norbert
Olaf Ortrud Oskar Otto Petra Philipp Rainer Ralf Regina Reinhard Renate Rolf Rosemarie Rüdiger Sabine Sebastian Siegfried Sigrid Sönke`

const surnamesGerman = `Albrecht Arnold Bachmann Bäcker Bauer Baumann Baumgartner Beck Becker Behrens Berger Bergmann Biermann Binder Böhm Böttcher
Brandt Braun Brinkmann Brückner Brunner Buchholz Büchner Busch Christmann Conrad Dietz Dörfler Dreyer Ebert Eckert Eichhorn Engel
Engelhardt Ernst Esser Fabian Falk Feldmann Fiedler Fink Förster Franke Freitag Friedrich Fritsch Frühauf Fuchs Funk Gebhardt Geiger
Gerlach Göbel Götz Graf Grimm Großmann Günther Haas Hagemann Hahn Hansen Hartmann Haupt Heinemann Heinrich Hein Heller Hennig Henke
Herrmann Heß Hesse Hofmann Hohmann Holz Hoppe Horn Huber Hübner Jäger Jahn Janßen Jansen Jung Kaiser Karg Kästner Keller Kern Kessler
Kirchner Klein Kluge Knecht Knoll Koch Köhler König Körner Kraft Kramer Krämer Kraus Krause Krebs Kreuzer Kröger Krüger Kühn Kunze Kurz
Lang Lange Lehmann Lindner Linke Löffler Lorenz Ludwig Lutz Marx Mayer Meier Meißner Menzel Mertens Metzger Möller Moser Mühlbauer Müller
Münch Nagel Naumann Neubauer Neumann Noack Nowak Ostermann Otto Pfeiffer Pohl Preuß Rademacher Rauch Reichert Reimann Reuter Richter
Riedel Ritter Röder Rösch Roth Rothe Sauer Schäfer Schenk Schilling Schlüter Schmitz Schneider Scholz Schreiber Schröder Schubert Schütz`

const (
	streetsEnglish = "Oak Street,Maple Avenue,Chestnut Lane,Cedar Road,Willow Drive,Elm Street,Birch Road,Juniper Way,Hawthorn Close,Alder Court,Poplar Terrace,Rowan Place,Sycamore Hill,Laurel Avenue,Beech Grove"
	streetsGerman  = "Ahornweg,Birkenallee,Buchenstraße,Eichengasse,Erlenweg,Fichtenstraße,Gartenstraße,Kastanienallee,Lindenstraße,Mühlweg,Rosenstraße,Schlehenweg,Tannenring,Ulmenstraße,Weidengasse"
	citiesEnglish  = "Springfield,Riverton,Lakewood,Fairview,Georgetown,Ashland,Clinton,Milford,Oxford,Burlington"
	citiesBritish  = "Leeds,Bristol,Norwich,Exeter,Durham,Lincoln,Chester,Ripon,Truro,Stirling"
	citiesGerman   = "Köln,Bremen,Münster,Jena,Lübeck,Göttingen,Würzburg,Erfurt,Kassel,Tübingen"
)
